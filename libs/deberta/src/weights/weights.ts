import type { Checkpoint } from '@heddle/checkpoint';
import { HeddleError } from '@heddle/contracts';
import { bareName, spellings } from './names.js';

/** Shape of every tensor a graph reads, by its name without the model's prefix. */
export type TensorShapes = ReadonlyMap<string, readonly number[]>;

/** The tensors of a model by unprefixed name, known to be there in the right shape. */
export interface Weights {
  /** Number of values in all of them. */
  readonly parametersCount: number;
  /** Tensors of the checkpoint that are read, by their names there. */
  readonly used: readonly string[];
  /** And those that are not. */
  readonly ignored: readonly string[];
  shape(name: string): readonly number[];
  /** Values in row-major order; only this tensor is in memory, and only as long as the caller keeps it. */
  read(name: string): Promise<Float32Array>;
}

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
  const used = new Set(found.values());
  return {
    parametersCount,
    used: [...used],
    ignored: checkpoint.names.filter((name) => !used.has(name)),
    shape: (name) => checkpoint.info(known(name))!.shape,
    read: (name) => checkpoint.read(known(name)),
  };
}

/** Rows of a tensor by its unprefixed name; undefined when there is none. */
export function rowsOf(checkpoint: Checkpoint, name: string): number | undefined {
  const stored = checkpoint.names.find((candidate) => bareName(candidate) === name);
  return stored === undefined ? undefined : checkpoint.info(stored)?.shape[0];
}

function missing(faults: Map<string, string>): HeddleError {
  const named = [...faults.values()].slice(0, MAX_NAMED).join('; ');
  const more = faults.size > MAX_NAMED ? `; and ${faults.size - MAX_NAMED} more` : '';
  return new HeddleError('missing-tensors', `${named}${more}`, { extra: { tensors: [...faults.keys()] } });
}
