import { fork } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ArtifactStore } from '@heddle/artifacts';
import { HeddleError, MODEL_NAME, type VersionManifest, versionManifest } from '@heddle/contracts';
import { type CompiledModel, sourceOf } from '@heddle/deberta';
import type { Store } from '@heddle/store';
import type { ImportRequest, ImportResponse } from './protocol.js';

const CHILD_MAIN = fileURLToPath(new URL('./child-main.js', import.meta.url));
/** JavaScript heap of an import in MiB; tensors are outside of it and read one by one. */
const HEAP_MIB = 2_048;

export interface ImportOptions {
  store: Store;
  artifacts: ArtifactStore;
  /** Folder for what is thrown away afterwards. */
  workDir: string;
  tenantId: string;
  checkpointDir: string;
  name: string;
  description?: string;
}

export interface ImportedVersion {
  id: string;
  number: number;
  created: boolean;
  manifest: VersionManifest;
}

/** Whether a version was made from exactly this checkpoint by this compiler already. */
export async function isImported(options: ImportOptions): Promise<boolean> {
  const { store, tenantId, name, checkpointDir } = options;
  return store.models.hasSource(tenantId, name, await sourceOf(checkpointDir));
}

/**
 * Checkpoint folder → verified ONNX in the artefact store → version of the model. After any error nothing is
 * registered and nothing temporary is left.
 * Errors: the import codes of the error table; `validation` for a wrong name.
 */
export async function importCheckpoint(options: ImportOptions): Promise<ImportedVersion> {
  const { store, artifacts, workDir, tenantId, checkpointDir, name, description = '' } = options;
  if (!MODEL_NAME.test(name)) {
    throw new HeddleError(
      'validation',
      `"${name}" is not a model name: lower-case letters, digits, ".", "_" and "-".`,
    );
  }
  await mkdir(workDir, { recursive: true });
  const temporary = await mkdtemp(join(workDir, 'import-'));
  try {
    const outDir = join(temporary, 'version');
    const compiled = await compileInChild({ checkpointDir, outDir });
    const files: VersionManifest['files'] = {};
    for (const file of (await readdir(outDir)).sort()) files[file] = await artifacts.put(join(outDir, file));
    const manifest = versionManifest.parse({ ...compiled, files });
    return { ...(await store.models.addVersion({ tenantId, name, description, manifest })), manifest };
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

function compileInChild(request: ImportRequest): Promise<CompiledModel> {
  return new Promise((resolve, reject) => {
    const child = fork(CHILD_MAIN, {
      env: {},
      execArgv: [`--max-old-space-size=${HEAP_MIB}`],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    let stderr = '';
    child.stderr!.on('data', (chunk: Buffer) => {
      stderr = (stderr + chunk.toString()).slice(-4_000);
    });
    child.once('message', (response: ImportResponse) => {
      if (response.ok) resolve(response.compiled);
      else if (response.code === 'internal')
        reject(Object.assign(new Error(response.message), { stack: response.stack }));
      else reject(new HeddleError(response.code, response.message));
    });
    child.once('error', reject);
    // Comes after the message where there was one.
    child.once('exit', (code, signal) => {
      const reason = `The checkpoint brought the import down (${signal ?? `status ${code}`}).`;
      reject(new HeddleError('not-a-checkpoint', reason, { cause: new Error(stderr) }));
    });
    child.send(request);
  });
}
