import { faultOfPath, shown } from './entry-name.js';
import { BLOCK_BYTES, parseHeader, parsePax, TarFault, type TarHeader, text } from './tar-header.js';
import type { TarInput } from './tar-input.js';

/** Headers of one tar, those that only describe others included. */
const MAX_HEADERS = 10_000;
/** Bytes of pax records or of a long name: paths have at most 4096. */
const MAX_DESCRIPTION_BYTES = 64 * 1024;

/** Zeros after the end: writers fill up to the size of a tape's record, 10 kB unless told otherwise. */
const MAX_PADDING_BYTES = 16 * 1024 * 1024;

export interface TarEntry {
  name: string;
  folder: boolean;
  bytes: number;
}

/** What headers before an entry say about it. */
interface Description {
  name?: string;
  size?: number;
}

/**
 * The files and folders of a tar (ustar, pax, GNU long names) in order. While one is current, `input` stands
 * at its content, of which the consumer may take any part but no more. Refuses links, devices, sparse files,
 * unsafe names, and a tar that is cut off or goes on after its end.
 */
export async function* tarEntries(input: TarInput): AsyncGenerator<TarEntry> {
  let description: Description = {};
  for (let headers = 0; ; headers++) {
    if (headers === MAX_HEADERS) input.refuseAsTooLarge(`has more than ${MAX_HEADERS} headers`);
    const block = await readBlock(input);
    if (isZero(block)) break;
    const header = reading(input, () => parseHeader(block));
    if (header.type === 'x' || header.type === 'L') {
      description = { ...description, ...(await readDescription(input, header)) };
    } else if (header.type === 'g') {
      requireHarmless(input, await readPax(input, header));
    } else {
      const entry = toEntry(input, header, description);
      description = {};
      const end = input.position + padded(entry.bytes);
      yield entry;
      await input.skip(end - input.position);
      if (input.position !== end) refuseCutOff(input);
    }
  }
  await requireZeros(input);
}

async function readBlock(input: TarInput): Promise<Buffer> {
  const block = await input.read(BLOCK_BYTES);
  if (block.length < BLOCK_BYTES) refuseCutOff(input);
  return block;
}

async function readDescription(input: TarInput, header: TarHeader): Promise<Description> {
  if (header.type === 'L') {
    const bytes = await readContent(input, header);
    return { name: reading(input, () => text(bytes, 0, bytes.length)) };
  }
  const records = await readPax(input, header);
  const name = records.get('path');
  const size = records.get('size');
  if ([...records.keys()].some((key) => key.startsWith('GNU.sparse.'))) input.refuse('holds a sparse file');
  if (size !== undefined && !/^[0-9]{1,15}$/.test(size)) input.refuse('has a size that is no number');
  return { ...(name === undefined ? {} : { name }), ...(size === undefined ? {} : { size: Number(size) }) };
}

async function readPax(input: TarInput, header: TarHeader): Promise<Map<string, string>> {
  const bytes = await readContent(input, header);
  return reading(input, () => parsePax(bytes));
}

async function readContent(input: TarInput, { size }: TarHeader): Promise<Buffer> {
  if (size > MAX_DESCRIPTION_BYTES) input.refuseAsTooLarge(`describes an entry with ${size} bytes`);
  const content = await input.read(padded(size));
  if (content.length < padded(size)) refuseCutOff(input);
  return content.subarray(0, size);
}

/** Records for all entries: git writes a comment there. Names and sizes would apply to every file at once. */
function requireHarmless(input: TarInput, records: Map<string, string>): void {
  for (const key of records.keys()) {
    if (key === 'path' || key === 'size' || key === 'linkpath' || key.startsWith('GNU.')) {
      input.refuse(`declares ${shown(key)} for all entries`);
    }
  }
}

function toEntry(input: TarInput, header: TarHeader, description: Description): TarEntry {
  const name = description.name ?? header.name;
  const fault = faultOfPath(name);
  if (fault !== undefined) input.refuse(`names an entry ${shown(name)}, which ${fault}`);
  const folder = header.type === '5' || (isFile(header) && name.endsWith('/'));
  if (!folder && !isFile(header)) input.refuse(`holds ${shown(name)}, which is a link or a device`);
  const bytes = description.size ?? header.size;
  if (folder && bytes !== 0) input.refuse(`holds a folder with content: ${shown(name)}`);
  return { name, folder, bytes };
}

/** Before 1988 the type of a file was NUL. */
function isFile({ type }: TarHeader): boolean {
  return type === '0' || type === '\0';
}

async function requireZeros(input: TarInput): Promise<void> {
  for await (const piece of input.pieces(MAX_PADDING_BYTES)) {
    if (!isZero(piece)) input.refuse('has data after the end of its tar');
  }
  if ((await input.read(1)).length > 0) {
    input.refuseAsTooLarge(`has more than ${MAX_PADDING_BYTES} bytes after the end of its tar`);
  }
}

function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}

function padded(size: number): number {
  return Math.ceil(size / BLOCK_BYTES) * BLOCK_BYTES;
}

function refuseCutOff(input: TarInput): never {
  input.refuse('is cut off: its tar has no end');
}

function reading<T>(input: TarInput, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof TarFault)) throw error;
    input.refuse(`holds ${error.message}`);
  }
}
