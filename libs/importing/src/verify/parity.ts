import { HeddleError, type ImportReport, type OutputDifference } from '@heddle/contracts';
import type { ReferenceProbe } from '@heddle/deberta';
import type { ForwardInput, Session } from '@heddle/runtime';
import { assertFinite, difference, valuesOf } from './outputs.js';

/**
 * Float32 over tens of layers against float64: a correct graph stays below a hundredth of this, a wrong sign, index
 * or a missing term is a hundred times beyond it.
 */
const TOLERANCE = 1e-3;

/**
 * Measures the graph against what the source weights say. Errors: `quality-loss` naming the worst output,
 * `model-nonfinite`.
 */
export async function measureParity(
  session: Session,
  probes: ReferenceProbe[],
): Promise<ImportReport['parity']> {
  const worst = new Map<string, OutputDifference>();
  for (const probe of probes) {
    const got = await session.run(inputOf(probe));
    for (const [name, want] of Object.entries(probe.outputs)) {
      const output = got[name];
      if (!output) throw new HeddleError('quality-loss', `The compiled model has no output ${name}.`);
      const values = valuesOf(output, 0, probe.sequence.positions);
      assertFinite(name, values);
      if (values.length !== want.data.length) {
        throw new HeddleError(
          'quality-loss',
          `${name} has ${values.length} values; the source weights give ${want.data.length}.`,
        );
      }
      const found = difference(name, values, want.data, TOLERANCE);
      const before = worst.get(name);
      if (!before || !(excess(found) <= excess(before))) worst.set(name, found);
    }
  }
  const outputs = [...worst.values()];
  // Also what is not a number.
  const failed = outputs.find((found) => !(excess(found) <= 1));
  if (failed) {
    throw new HeddleError(
      'quality-loss',
      `${failed.output} is ${failed.max_abs_difference} away from what the source weights give; allowed are ${failed.tolerance}.`,
      { extra: { parity: outputs } },
    );
  }
  return {
    sequences: probes.length,
    tokens: probes.reduce((sum, { sequence }) => sum + sequence.ids.length, 0),
    outputs,
  };
}

function excess(found: OutputDifference): number {
  return found.max_abs_difference / found.tolerance;
}

/** One sequence as long as its last place; the places between its tokens are masked. */
function inputOf({ sequence: { ids, positions, typeIds, asked } }: ReferenceProbe): ForwardInput {
  const length = positions.at(-1)! + 1;
  const inputIds = new Int32Array(length);
  const attentionMask = new Uint8Array(length);
  const types = new Uint8Array(length);
  for (const [at, position] of positions.entries()) {
    inputIds[position] = ids[at]!;
    attentionMask[position] = 1;
    types[position] = typeIds[at]!;
  }
  const places = Int32Array.from(asked.flatMap((at) => [0, positions[at]!]));
  return { inputIds, attentionMask, typeIds: types, positions: places, batch: 1, length };
}
