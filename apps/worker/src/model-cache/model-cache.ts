import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { materialise } from '@heddle/artifacts';
import { HeddleError, isUuid, type Lowering, type VersionManifest } from '@heddle/contracts';
import { type GraphName, mainGraphs, openTokenizer, type ServedModel } from '@heddle/deberta';
import type { Resources } from '../resources.js';

/** Files of a version's graphs beside the main one; they share the weights of the float32 main graph. */
const GRAPH_FILES: Record<Exclude<GraphName, 'main'>, string> = {
  causal: 'causal.onnx',
  attention: 'attention.onnx',
};
const WEIGHTS_FILE = 'model.onnx.data';

/** A version laid out on this machine. */
export interface CachedVersion {
  model: ServedModel;
  /** The ONNX file of a graph, and the bytes of it and its weights. */
  graphFile: (graph: GraphName) => { path: string; bytes: number; maxTokens: number };
  /** Main graphs that may answer, the default one first; `bytes` with the weights. */
  mainGraphs: { lowering: Lowering; path: string; bytes: number }[];
}

/** Versions by id: files fetched from the artefact store and verified, tokenizer open. */
export class ModelCache {
  private readonly entries = new Map<string, Promise<CachedVersion>>();

  /** `lowering`: the main graph of a version that answers; the default one when undefined. */
  constructor(
    private readonly resources: Resources,
    private readonly lowering: (version: string) => Lowering | undefined,
  ) {}

  /** Lays a version out once; a failure is forgotten, so that the next caller tries again. */
  add(version: string, manifest: VersionManifest): Promise<CachedVersion> {
    const existing = this.entries.get(version);
    if (existing) return existing;
    const entry = this.open(version, manifest);
    this.entries.set(version, entry);
    entry.catch(() => this.entries.delete(version));
    return entry;
  }

  /** Throws `model-unavailable` for a version this worker does not serve. */
  get(version: string): Promise<CachedVersion> {
    const entry = this.entries.get(version);
    if (!entry) throw new HeddleError('model-unavailable', 'This worker does not serve the model version.');
    return entry;
  }

  /** Forgets a version, whose files are verified again when it is added again. */
  drop(version: string): void {
    this.entries.delete(version);
  }

  /** Removes the files of versions that were deleted. */
  async removeDeleted(existingAmong: (versions: string[]) => Promise<string[]>): Promise<void> {
    const { cacheDir } = this.resources.config;
    const names = await readdir(cacheDir).catch(() => []);
    const versions = names.filter(isUuid);
    if (versions.length === 0) return;
    const existing = new Set(await existingAmong(versions));
    for (const version of versions) {
      if (!existing.has(version)) await rm(join(cacheDir, version), { recursive: true, force: true });
    }
  }

  private async open(version: string, manifest: VersionManifest): Promise<CachedVersion> {
    const { config, logger } = this.resources;
    const provider = config.env.HEDDLE_PROVIDER;
    const folder = join(config.cacheDir, version);
    await materialise(this.resources.artifacts, manifest.files, folder);
    if (manifest.precision === 'fp16' && provider === 'cpu') {
      // ONNX Runtime's CPU computes few operators in half precision: it would cast to and fro, and be slower.
      logger.info(
        { version },
        'the version is fp16, which a CPU is not quicker in: it is served in fp32 here',
      );
    }
    const fileOf = (file: string, weights: string) => {
      return { path: join(folder, file), bytes: bytesOf(manifest, file) + bytesOf(manifest, weights) };
    };
    const graphs = mainGraphs(manifest, provider).map(({ lowering, file, weights }) => {
      return { lowering, ...fileOf(file, weights) };
    });
    const main = () => graphs.find(({ lowering }) => lowering === this.lowering(version)) ?? graphs[0]!;
    const { labels, problemType, maxTokens, architecture, pooling = 'mean' } = manifest;
    return {
      model: {
        tokenizer: await openTokenizer(join(folder, 'tokenizer.json')),
        labels,
        problemType,
        maxTokens,
        architecture,
        pooling,
      },
      graphFile: (graph) => {
        const { path, bytes } = graph === 'main' ? main() : fileOf(GRAPH_FILES[graph], WEIGHTS_FILE);
        return { path, bytes, maxTokens };
      },
      mainGraphs: graphs,
    };
  }
}

function bytesOf({ files }: VersionManifest, name: string): number {
  return files[name]?.bytes ?? 0;
}
