import { looksLikeTar } from '../archive/tar-header.js';
import type { ByteFile } from '../bytes/byte-file.js';
import { readLegacyFile } from './legacy-file.js';
import { readTarFile } from './tar-file.js';
import type { TorchFile } from './tensor.js';
import { readTorchZip } from './zip-file.js';

/** Undefined for what is no file of torch.save: a bare pickle, or anything else. */
export async function readTorchFile(file: ByteFile): Promise<TorchFile | undefined> {
  const start = await file.bytes(0, Math.min(file.size, 512));
  if (start.toString('latin1', 0, 8) === 'version ') {
    file.refuse('is a Git LFS pointer, not the file itself; fetch it with git lfs pull');
  }
  // The header of a zip's first entry. A pickle starts otherwise: `P` is an opcode of text lines.
  if (start.length >= 4 && start.readUInt32LE(0) === 0x04034b50) return readTorchZip(file);
  if (looksLikeTar(start)) return readTarFile(file);
  // torch.save has always written protocol 2 or later, which starts with PROTO.
  if (start[0] !== 0x80) file.refuse('is neither a file of torch.save nor a pickle');
  return readLegacyFile(file);
}
