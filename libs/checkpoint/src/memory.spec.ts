import { execFile } from 'node:child_process';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { testFolder } from '../test/checkpoint-folder.js';
import { safetensors } from '../test/writers/safetensors.js';
import { TensorSpec, torchLegacy, torchZip } from '../test/writers/torch.js';

const { folder } = testFolder();

const TENSORS = 6;
/** Of one tensor: 50 MB as float32, 300 MB all together. */
const ROWS = 5000;
const COLUMNS = 2500;
const TENSOR_BYTES = 4 * ROWS * COLUMNS;
/** Chunks of the file and of its values, code that is compiled meanwhile, and the collector's slack. */
const OTHER_BYTES = 32 * 1024 * 1024;

const values = new Uint8Array(TENSOR_BYTES);

/** Every second tensor is stored transposed: its elements must be put in order. */
function torchState(): Map<string, TensorSpec> {
  return new Map(
    Array.from({ length: TENSORS }, (_, i) => {
      const storage = { key: String(i), type: 'Float', data: values };
      return [`t${i}`, new TensorSpec(storage, [ROWS, COLUMNS], i % 2 ? [1, ROWS] : [COLUMNS, 1])];
    }),
  );
}

function safetensorsHeader(): Buffer {
  const header = Object.fromEntries(
    Array.from({ length: TENSORS }, (_, i) => [
      `t${i}`,
      { dtype: 'F32', shape: [ROWS, COLUMNS], data_offsets: [i * TENSOR_BYTES, (i + 1) * TENSOR_BYTES] },
    ]),
  );
  return safetensors(header, new Uint8Array(0));
}

describe('reading a checkpoint of 300 MB tensor by tensor', () => {
  it.each<[string, string, () => Buffer, number]>([
    ['safetensors', 'model.safetensors', safetensorsHeader, TENSORS * TENSOR_BYTES],
    ['a torch zip', 'pytorch_model.bin', () => torchZip(torchState()), 0],
    ['a torch non-zip file', 'pytorch_model.bin', () => torchLegacy(torchState()), 0],
  ])('takes the memory of one tensor from %s', async (_what, name, write, zeros) => {
    const dir = await folder();
    const file = await open(join(dir, name), 'w');
    const start = write();
    await file.writeFile(start);
    await file.truncate(start.length + zeros);
    await file.close();
    const script = fileURLToPath(new URL('../test/measure-memory.mjs', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', script, dir]);
    console.log(`${_what}: grew by ${Math.round(Number(stdout) / 1e6)} MB`);
    expect(Number(stdout)).toBeGreaterThan(TENSOR_BYTES / 2);
    expect(Number(stdout)).toBeLessThan(TENSOR_BYTES + OTHER_BYTES);
  });
});
