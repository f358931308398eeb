import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { ByteFile } from '../bytes/byte-file.js';
import { copies } from './copies.js';
import { type TarEntry, tarEntries } from './tar.js';
import { BLOCK_BYTES, looksLikeTar } from './tar-header.js';
import { FileInput, StreamInput, type TarInput } from './tar-input.js';
import { ZipArchive } from './zip.js';

/** Files and folders of an archive. A checkpoint with its tokenizer and shards has some twenty. */
export const MAX_ENTRIES = 1000;
/** Unpacked bytes from which on the ratio of an archive is looked at. */
export const RATIO_FROM_BYTES = 64 * 1024 * 1024;
/** Unpacked to packed: weights pack to about 1.1, vocabularies to 5; zeros to 1000. */
export const MAX_RATIO = 100;

export interface ArchiveEntry extends TarEntry {
  /** May be taken while the entry is current, once or not at all. Chunks' memory may be reused. */
  content(): AsyncIterable<Uint8Array>;
}

/** Goes through an archive from its start; every call begins anew. */
export type EntryWalk = () => AsyncIterable<ArchiveEntry>;

/** How to go through a .zip, .tar or .tar.gz, which its first bytes tell apart. */
export async function entryWalk(file: ByteFile): Promise<EntryWalk> {
  const start = await file.bytes(0, Math.min(file.size, BLOCK_BYTES));
  const magic = start.length >= 4 ? start.readUInt32BE(0) : 0;
  if (magic === 0x504b0304) return zipWalk(await ZipArchive.open(file, MAX_ENTRIES));
  if (magic >>> 16 === 0x1f8b) return () => packedTarWalk(file);
  if (looksLikeTar(start)) return () => tarWalk(new FileInput(file));
  file.refuse('is neither a .tar, a .tar.gz nor a .zip');
}

function zipWalk(archive: ZipArchive): EntryWalk {
  return async function* () {
    for (const entry of archive.entries.values()) yield { ...entry, content: () => archive.chunks(entry) };
  };
}

async function* tarWalk(input: TarInput): AsyncGenerator<ArchiveEntry> {
  for await (const entry of tarEntries(input)) yield { ...entry, content: () => input.pieces(entry.bytes) };
}

async function* packedTarWalk(file: ByteFile): AsyncGenerator<ArchiveEntry> {
  const unpacked = gunzip(file);
  try {
    yield* tarWalk(new StreamInput(unpacked, file));
  } finally {
    await unpacked.return(undefined);
  }
}

async function* gunzip(file: ByteFile): AsyncGenerator<Buffer, void, undefined> {
  const stream = createGunzip();
  const piped = pipeline(Readable.from(copies(file.chunks(0, file.size))), stream);
  // The loop below reports the failure; here it must only not go unhandled.
  piped.catch(() => {});
  let unpacked = 0;
  try {
    for await (const piece of stream as AsyncIterable<Buffer>) {
      unpacked += piece.length;
      if (unpacked > RATIO_FROM_BYTES && unpacked > file.size * MAX_RATIO) {
        file.refuseAsTooLarge(`unpacks to more than ${MAX_RATIO} times its size`);
      }
      yield piece;
    }
    await piped;
  } catch (cause) {
    if (!isZlibError(cause)) throw cause;
    file.refuse('cannot be unpacked: it is cut off or damaged', cause);
  }
}

function isZlibError(error: unknown): boolean {
  return error instanceof Error && 'errno' in error && 'code' in error && String(error.code).startsWith('Z_');
}
