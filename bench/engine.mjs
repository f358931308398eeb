/** Forward passes of DeBERTa-v3-base's shape, Heddle's against the usual export on ONNX Runtime (docs/performance.md). */
import { checkAnswers, inputOf, measure, round } from './engine/compare.mjs';
import { nodeVersions, prepareModels, prepareTransformersJs, WORK } from './engine/models.mjs';
import { SHAPES } from './generate-checkpoint.mjs';
import { inFolder } from './in-folder.mjs';
import { writeReport } from './report.mjs';

const PLANS = {
  quick: { shapes: ['1x16', '8x32'], rounds: 3, ms: 500, transformersJs: false },
  full: { shapes: ['1x16', '1x64', '8x32', '8x128', '2x512'], rounds: 5, ms: 1500, transformersJs: true },
};
const OWN = 'heddle fp32';
const OTHER = 'usual export fp32';

export async function benchEngine({ quick }) {
  const { shapes, transformersJs, ...plan } = PLANS[quick ? 'quick' : 'full'];
  await inFolder(WORK, 'engine-', async (folder) => {
    const shape = SHAPES['v3-base'];
    const models = await prepareModels(folder, shape, { int8: true });
    const contenders = [...models.heddle, models.usual];
    if (transformersJs) contenders.push(...(await prepareTransformersJs(models)));
    const inputs = Object.fromEntries(shapes.map((name) => [name, inputOf(name, shape.vocab)]));
    const differences = await checkAnswers(contenders, inputs);
    const results = await measure(contenders, inputs, plan);
    for (const [name, result] of Object.entries(results)) printShape(name, result);
    const versions = await nodeVersions(transformersJs);
    await writeReport('engine', quick, {
      versions,
      ...plan,
      differences,
      results,
      ratios: ratiosOf(results),
    });
  });
}

/** Heddle's throughput to the one of the usual export, float32, by shape. */
function ratiosOf(results) {
  return Object.fromEntries(
    Object.entries(results).map(([shape, { [OWN]: own, [OTHER]: other }]) => [
      shape,
      round(own.tokens_per_second / other.tokens_per_second),
    ]),
  );
}

function printShape(shape, results) {
  console.log(shape);
  const rows = Object.entries(results).map(([name, { tokens_per_second, layout, latency_ms }]) => [
    name,
    {
      'tokens/s': tokens_per_second,
      layout,
      'latency ms': latency_ms,
      'heddle ÷ it': round(results[OWN].tokens_per_second / tokens_per_second),
    },
  ]);
  console.table(Object.fromEntries(rows));
}
