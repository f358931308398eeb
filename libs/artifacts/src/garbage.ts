import type { ArtifactStore, ListedArtifact } from './artifact-store.js';

/** Digests that are looked up together. */
const CHUNK = 1_000;

export interface Garbage {
  /** What no row names, and nobody has put there lately. */
  artifacts: ListedArtifact[];
  /** Whether rows name any of the artefacts: where none does, the store is that of another database. */
  isOwn: boolean;
}

/**
 * Finds artefacts that are older than `graceMs` and, by `unreferencedAmong`, named by no row. Removes nothing. Errors: those of
 * `store.list`.
 */
export async function findGarbage(
  store: ArtifactStore,
  graceMs: number,
  unreferencedAmong: (digests: string[]) => Promise<string[]>,
): Promise<Garbage> {
  const garbage: Garbage = { artifacts: [], isOwn: false };
  const look = async (chunk: ListedArtifact[]) => {
    const unreferenced = new Set(await unreferencedAmong(chunk.map(({ sha256 }) => sha256)));
    if (unreferenced.size < chunk.length) garbage.isOwn = true;
    const newest = Date.now() - graceMs;
    const old = ({ sha256, putAt }: ListedArtifact) => unreferenced.has(sha256) && putAt.getTime() <= newest;
    garbage.artifacts.push(...chunk.filter(old));
  };
  let chunk: ListedArtifact[] = [];
  for await (const artifact of store.list()) {
    chunk.push(artifact);
    if (chunk.length < CHUNK) continue;
    await look(chunk);
    chunk = [];
  }
  if (chunk.length > 0) await look(chunk);
  return garbage;
}
