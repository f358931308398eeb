import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { materialise } from '@heddle/artifacts';
import { HeddleError, isUuid, type VersionManifest } from '@heddle/contracts';
import { type GraphName, openTokenizer, type ServedModel } from '@heddle/deberta';
import type { Resources } from '../resources.js';

/** Files of a version's float32 graphs; they share one file of weights. */
const GRAPH_FILES: Record<GraphName, string> = {
  main: 'model.onnx',
  causal: 'causal.onnx',
  attention: 'attention.onnx',
};
const WEIGHTS_FILE = 'model.onnx.data';
/** Instead of the main graph on a GPU, over the same weights; versions of older compilers have none. */
const GPU_FILE = 'gpu.onnx';
/** The main graph of a version that is served in int8, with weights of its own. */
const INT8_FILE = 'int8.onnx';

/** A version laid out on this machine. */
export interface CachedVersion {
  model: ServedModel;
  /** The ONNX file of a graph, and the bytes of it and its weights. */
  graphFile: (graph: GraphName) => { path: string; bytes: number; maxTokens: number };
}

/** Versions by id: files fetched from the artefact store and verified, tokenizer open. */
export class ModelCache {
  private readonly entries = new Map<string, Promise<CachedVersion>>();

  constructor(private readonly resources: Resources) {}

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

  private filesOf(graph: GraphName, manifest: VersionManifest): { file: string; weights: string } {
    const { files, precision } = manifest;
    if (graph === 'main' && precision === 'int8') return { file: INT8_FILE, weights: `${INT8_FILE}.data` };
    const onGpu = this.resources.config.env.HEDDLE_PROVIDER !== 'cpu';
    const file = graph === 'main' && onGpu && GPU_FILE in files ? GPU_FILE : GRAPH_FILES[graph];
    return { file, weights: WEIGHTS_FILE };
  }

  private async open(version: string, manifest: VersionManifest): Promise<CachedVersion> {
    const folder = join(this.resources.config.cacheDir, version);
    await materialise(this.resources.artifacts, manifest.files, folder);
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
        const { file, weights } = this.filesOf(graph, manifest);
        const bytes = bytesOf(manifest, file) + bytesOf(manifest, weights);
        return { path: join(folder, file), bytes, maxTokens };
      },
    };
  }
}

function bytesOf({ files }: VersionManifest, name: string): number {
  return files[name]?.bytes ?? 0;
}
