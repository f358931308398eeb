import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { materialise } from '@heddle/artifacts';
import { HeddleError, isUuid, type VersionManifest } from '@heddle/contracts';
import { type GraphName, openTokenizer, type ServedModel } from '@heddle/deberta';
import type { Resources } from '../resources.js';
import { graphFiles, isServedInFp32Instead } from './graph-files.js';

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

  private async open(version: string, manifest: VersionManifest): Promise<CachedVersion> {
    const { config, logger } = this.resources;
    const provider = config.env.HEDDLE_PROVIDER;
    const folder = join(config.cacheDir, version);
    await materialise(this.resources.artifacts, manifest.files, folder);
    const { labels, problemType, maxTokens, architecture, pooling = 'mean' } = manifest;
    if (isServedInFp32Instead(manifest, provider)) {
      logger.info(
        { version },
        'the version is fp16, which a CPU is not quicker in: it is served in fp32 here',
      );
    }
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
        const { file, weights } = graphFiles(graph, manifest, provider);
        const bytes = bytesOf(manifest, file) + bytesOf(manifest, weights);
        return { path: join(folder, file), bytes, maxTokens };
      },
    };
  }
}

function bytesOf({ files }: VersionManifest, name: string): number {
  return files[name]?.bytes ?? 0;
}
