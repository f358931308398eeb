import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type ExtractArchiveOptions, extractArchive } from '../src/archive/extract.js';

export const config = Buffer.from('{"model_type":"deberta-v2"}');
export const weights = Buffer.from(Float32Array.from({ length: 300_000 }, (_, i) => i % 97).buffer);

export const file = (name: string, data?: Uint8Array) => ({ name, ...(data && { data }) });
export const packed = (name: string, data?: Uint8Array) => ({ ...file(name, data), deflate: true });

/** Unpacks into a new folder inside `dir`, which must stay as it was when that fails. */
export async function extractIn(dir: string, options?: ExtractArchiveOptions): Promise<Map<string, Buffer>> {
  const outDir = join(dir, 'a', 'b');
  const names = await extractArchive(join(dir, 'upload.bin'), outDir, options).catch(
    async (error: unknown) => {
      expect(await readdir(dir)).toEqual(['upload.bin']);
      throw error;
    },
  );
  expect(await readdir(dir)).toEqual(['a', 'upload.bin']);
  expect((await readdir(outDir)).sort()).toEqual(names);
  const files = new Map<string, Buffer>();
  for (const name of names) files.set(name, await readFile(join(outDir, name)));
  return files;
}

export async function codeOf(extraction: Promise<unknown>): Promise<string> {
  return extraction.then(
    () => 'was unpacked',
    (error: { code?: string }) => error.code ?? String(error),
  );
}
