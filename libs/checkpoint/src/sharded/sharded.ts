import { basename, dirname, join } from 'node:path';
import { HeddleError } from '@heddle/contracts';
import type { Checkpoint } from '../checkpoint.js';
import { readIndex } from './index-file.js';

/** How many tensors or files a message spells out. */
const MAX_NAMED = 20;

/**
 * Opens a checkpoint in several files by its index; `open` reads one of them. `present` are the files in the
 * folder. Throws `unsafe-path`, `invalid-weights`, and `missing-tensors` when a shard is not there or does not
 * hold what the index says.
 */
export async function openSharded(
  indexPath: string,
  present: readonly string[],
  open: (path: string) => Promise<Checkpoint>,
): Promise<Checkpoint> {
  const weightMap = await readIndex(indexPath);
  const indexName = basename(indexPath);
  const shardNames = [...new Set(weightMap.values())].sort();
  const absent = shardNames.filter((name) => !present.includes(name));
  if (absent.length > 0) refuse(indexName, `the folder does not hold ${listed(absent)}`);
  const shards = new Map<string, Checkpoint>();
  try {
    for (const name of shardNames) shards.set(name, await open(join(dirname(indexPath), name)));
    const tensors = new Map([...weightMap].map(([tensor, name]) => [tensor, shards.get(name)!]));
    const missing = [...tensors].filter(([tensor, shard]) => shard.info(tensor) === undefined);
    if (missing.length > 0) {
      const places = missing.map(([tensor]) => `${tensor} is not in ${weightMap.get(tensor)}`);
      refuse(indexName, listed(places));
    }
    return new ShardedCheckpoint([indexName, ...shardNames], tensors, [...shards.values()]);
  } catch (error) {
    await Promise.all([...shards.values()].map((shard) => shard.close()));
    throw error;
  }
}

class ShardedCheckpoint implements Checkpoint {
  readonly names: readonly string[];
  readonly config = null;

  constructor(
    readonly files: readonly string[],
    private readonly tensors: ReadonlyMap<string, Checkpoint>,
    private readonly shards: readonly Checkpoint[],
  ) {
    this.names = [...tensors.keys()];
  }

  info(name: string) {
    return this.tensors.get(name)?.info(name);
  }

  async read(name: string): Promise<Float32Array> {
    const shard = this.tensors.get(name);
    if (shard === undefined) refuse(this.files[0]!, `it lists no tensor ${name}`);
    return shard.read(name);
  }

  async close(): Promise<void> {
    await Promise.all(this.shards.map((shard) => shard.close()));
  }
}

function listed(names: string[]): string {
  const more = names.length > MAX_NAMED ? ` and ${names.length - MAX_NAMED} more` : '';
  return names.slice(0, MAX_NAMED).join('; ') + more;
}

function refuse(indexName: string, reason: string): never {
  throw new HeddleError('missing-tensors', `${indexName}: ${reason}`);
}
