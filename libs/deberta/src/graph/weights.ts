import type { Checkpoint } from '@heddle/checkpoint';
import { HeddleError } from '@heddle/contracts';

/** Shape of every tensor a graph reads, by its name without the model's prefix. */
export type TensorShapes = ReadonlyMap<string, readonly number[]>;

/** The tensors of a model by unprefixed name, known to be there in the right shape. */
export interface Weights {
  /** Number of values in all of them. */
  readonly parametersCount: number;
  shape(name: string): readonly number[];
  read(name: string): Promise<Float32Array>;
}

/** Task models write `deberta.`, bare encoders nothing, Microsoft's first files `bert.`. */
const PREFIXES = ['deberta.', '', 'bert.'];
/** How LayerNorm's parameters were called in files of the TensorFlow age. */
const OLD_NAMES = [
  [/LayerNorm\.weight$/, 'LayerNorm.gamma'],
  [/LayerNorm\.bias$/, 'LayerNorm.beta'],
] as const;
/** How many tensors the message spells out; the error's `tensors` member holds all. */
const MAX_NAMED = 20;

/** Throws one `missing-tensors` that names every tensor that is absent or has another shape. */
export function resolveWeights(checkpoint: Checkpoint, shapes: TensorShapes): Weights {
  const found = new Map<string, string>();
  const faults = new Map<string, string>();
  let parametersCount = 0;
  for (const [name, shape] of shapes) {
    const stored = spellings(name).find((spelling) => checkpoint.info(spelling));
    const actual = stored && checkpoint.info(stored)?.shape;
    parametersCount += shape.reduce((product, size) => product * size, 1);
    if (stored === undefined) faults.set(name, `${name} is missing`);
    else if (`${actual}` !== `${shape}`) faults.set(name, `${name} is [${actual}] instead of [${shape}]`);
    else found.set(name, stored);
  }
  if (faults.size > 0) throw missing(faults);
  const known = (name: string) => {
    const stored = found.get(name);
    if (stored === undefined) throw new Error(`the graph reads ${name}, which is not in its list of tensors`);
    return stored;
  };
  return {
    parametersCount,
    shape: (name) => checkpoint.info(known(name))!.shape,
    read: (name) => checkpoint.read(known(name)),
  };
}

function spellings(name: string): string[] {
  const names = [
    name,
    ...OLD_NAMES.filter(([now]) => now.test(name)).map(([now, old]) => name.replace(now, old)),
  ];
  return PREFIXES.flatMap((prefix) => names.map((spelling) => prefix + spelling));
}

function missing(faults: Map<string, string>): HeddleError {
  const named = [...faults.values()].slice(0, MAX_NAMED).join('; ');
  const more = faults.size > MAX_NAMED ? `; and ${faults.size - MAX_NAMED} more` : '';
  return new HeddleError('missing-tensors', `${named}${more}`, { extra: { tensors: [...faults.keys()] } });
}
