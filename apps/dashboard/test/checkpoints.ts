import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Model, StoredFile, Version } from '@heddle/contracts';
import type { TestClient } from '@heddle/testing';

/** Checkpoints of a hundred kilobytes with random weights, by what they answer. */
const TINY = fileURLToPath(
  new URL('../../../libs/deberta/src/tasks/__fixtures__/pipelines', import.meta.url),
);
export const TINY_CHECKPOINTS = {
  rerank: join(TINY, 'rerank'),
  'question-answering': join(TINY, 'question-answering-null'),
  'fill-mask': join(TINY, 'fill-mask-hf-new'),
} as const;

/** Paths of the files that an import of the folder uses. */
export async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name !== 'manifest.json')
    .map(({ name }) => join(folder, name));
}

/** Makes the model unless there is one, imports a version, and answers with it once it is ready. */
export async function importFolder(
  client: TestClient,
  model: string,
  folder: string,
  more: object = {},
): Promise<Version> {
  await client.request<Model>('POST', '/v1/models', { name: model }).catch((error: Error) => {
    if (!error.message.includes(': 409 ')) throw error;
  });
  const files: string[] = [];
  for (const path of await filesOf(folder)) {
    const form = new FormData();
    form.set('purpose', 'model');
    form.set('file', new Blob([await readFile(path)]), path.slice(folder.length + 1));
    files.push((await client.upload<StoredFile>('/v1/files', form)).id);
  }
  const path = `/v1/models/${model}/versions`;
  const body = { source: { type: 'files', files }, ...more };
  let version = await client.request<Version>('POST', path, body);
  while (version.progress !== null)
    version = await client.request<Version>('GET', `${path}/${version.number}`, undefined, {
      prefer: 'wait=60',
    });
  if (version.status !== 'ready') throw new Error(`${folder}: ${JSON.stringify(version.error)}`);
  return version;
}
