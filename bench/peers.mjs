/** The same forward passes on whatever else runs them: throughput, latency, memory, mixed lengths (docs/performance.md). */
import { join } from 'node:path';
import { checkAnswers, inputOf, measure, round } from './engine/compare.mjs';
import { nodeVersions, prepareModels, prepareTransformersJs, WORK } from './engine/models.mjs';
import { SHAPES } from './generate-checkpoint.mjs';
import { inFolder } from './in-folder.mjs';
import { measureMixed, mixedSequences } from './peers/mixed-lengths.mjs';
import { preparePython } from './peers/python.mjs';
import { writeReport } from './report.mjs';

const PLANS = {
  quick: { shapes: ['1x16', '8x32'], rounds: 3, ms: 500, mixed: { sequences: 48, rounds: 1 } },
  full: {
    shapes: ['1x16', '1x64', '8x32', '8x128', '2x512'],
    rounds: 3,
    ms: 1000,
    mixed: { sequences: 512, rounds: 3 },
  },
};

export async function benchPeers({ quick, python }) {
  const { shapes, mixed: mixedPlan, ...plan } = PLANS[quick ? 'quick' : 'full'];
  await inFolder(WORK, 'peers-', async (folder) => {
    const shape = SHAPES['v3-base'];
    const models = await prepareModels(folder, shape, { int8: true });
    console.log('int8 against fp32 on calibration texts:', JSON.stringify(models.agreement));
    const fromPython = python ? await preparePython(models.checkpointDir, join(folder, 'python')) : null;
    const transformersJs = await prepareTransformersJs(models, fromPython?.int8Export);
    const contenders = [...models.heddle, ...transformersJs, ...(fromPython?.contenders ?? [])];

    const inputs = Object.fromEntries(shapes.map((name) => [name, inputOf(name, shape.vocab)]));
    const differences = await checkAnswers(contenders, inputs);
    const results = await measure(contenders, inputs, plan);
    for (const [name, result] of Object.entries(results)) printShape(name, result, differences);
    const ratios = ratiosOf(results);
    printRatios(ratios);

    const sequences = mixedSequences(mixedPlan.sequences, shape.vocab);
    const sides = { batched: models.heddle, padded: transformersJs };
    const mixed = await measureMixed(sides, sequences, mixedPlan.rounds);
    console.table(mixed);
    const versions = { ...(await nodeVersions(true)), ...fromPython?.versions };
    const report = {
      python,
      versions,
      ...plan,
      int8: models.agreement,
      differences,
      results,
      ratios,
      mixed_plan: mixedPlan,
      mixed,
    };
    await writeReport('peers', quick, report);
  });
}

/** Heddle's best variant against the fastest peer, by shape. */
function ratiosOf(results) {
  return Object.fromEntries(
    Object.entries(results).map(([shape, all]) => {
      const fastest = (own, isFaster) =>
        Object.entries(all)
          .filter(([name]) => name.startsWith('heddle ') === own)
          .reduce((a, b) => (isFaster(b[1], a[1]) ? b : a));
      const compare = (isFaster, ratio) => {
        const [[ownName, own], [peerName, peer]] = [fastest(true, isFaster), fastest(false, isFaster)];
        return { ratio: round(ratio(own, peer)), variant: ownName, peer: peerName };
      };
      const throughput = compare(
        (a, b) => a.tokens_per_second > b.tokens_per_second,
        (own, peer) => own.tokens_per_second / peer.tokens_per_second,
      );
      const latency = compare(
        (a, b) => a.latency_ms < b.latency_ms,
        (own, peer) => peer.latency_ms / own.latency_ms,
      );
      return [shape, { throughput, latency }];
    }),
  );
}

function printShape(shape, results, differences) {
  console.log(shape);
  const rows = Object.entries(results).map(([name, result]) => [
    name,
    {
      'tokens/s': result.tokens_per_second,
      layout: result.layout,
      'latency ms': result.latency_ms,
      'memory MiB': result.memory_mib,
      'difference of logits': differences[name].toExponential(1),
    },
  ]);
  console.table(Object.fromEntries(rows));
}

function printRatios(ratios) {
  const rows = Object.entries(ratios).flatMap(([shape, of]) =>
    Object.entries(of).map(([what, { ratio, variant, peer }]) => [
      `${shape} ${what}`,
      { ratio, variant, 'fastest peer': peer },
    ]),
  );
  console.table(Object.fromEntries(rows));
}
