import { HeddleError } from '@heddle/contracts';
import { shown } from '../archive/entry-name.js';
import { ByteFile } from '../bytes/byte-file.js';
import { JsonReader } from '../json-reader.js';
import { MAX_NAME_CHARS, MAX_TENSORS } from '../limits.js';

/** 20,000 tensors at 100 bytes each, and as much again. */
const MAX_INDEX_BYTES = 4 * 1024 * 1024;
/** Files of one checkpoint, all of which are open at once. 2 GB shards of the largest DeBERTa are three. */
const MAX_SHARDS = 100;
/** Bytes of a file's name on every common file system. */
const MAX_FILE_NAME_CHARS = 255;

/**
 * Reads the index of a sharded checkpoint: tensor → name of the file in the same folder that holds it.
 * Throws `unsafe-path` when a name is not a plain file name, `invalid-weights` for anything malformed.
 */
export async function readIndex(path: string): Promise<Map<string, string>> {
  const file = await ByteFile.open(path);
  try {
    if (file.size > MAX_INDEX_BYTES) {
      file.refuseAsTooLarge(`has ${file.size} bytes; an index of at most ${MAX_INDEX_BYTES} is read`);
    }
    return parseIndex(decodeUtf8(await file.bytes(0, file.size), file), file.name);
  } finally {
    await file.close();
  }
}

function parseIndex(json: string, fileName: string): Map<string, string> {
  const reader: JsonReader = new JsonReader(json, fileName, 'index');
  let shards: Map<string, string> | undefined;
  reader.object((key) => {
    if (key !== 'weight_map') return reader.skip();
    if (shards !== undefined) reader.refuse('weight_map appears twice');
    shards = readWeightMap(reader, fileName);
  });
  reader.end();
  if (shards === undefined || shards.size === 0)
    reader.refuse('the index has no weight_map, or an empty one');
  if (new Set(shards.values()).size > MAX_SHARDS) reader.refuse(`more than ${MAX_SHARDS} shards`);
  return shards;
}

function readWeightMap(reader: JsonReader, fileName: string): Map<string, string> {
  const shards = new Map<string, string>();
  reader.object((tensor) => {
    if (tensor.length > MAX_NAME_CHARS)
      reader.refuse(`a tensor name is longer than ${MAX_NAME_CHARS} characters`);
    if (shards.has(tensor)) reader.refuse(`tensor ${tensor} appears twice`);
    if (shards.size === MAX_TENSORS) reader.refuse(`more than ${MAX_TENSORS} tensors`);
    const shard = reader.string();
    if (!isPlainFileName(shard)) {
      throw new HeddleError(
        'unsafe-path',
        `${fileName}: ${shown(shard)} is not the name of a file in the folder`,
      );
    }
    shards.set(tensor, shard);
  });
  return shards;
}

/** Letters, digits and `._-`, as every writer names shards: nothing in it can leave the folder. */
function isPlainFileName(name: string): boolean {
  return name.length <= MAX_FILE_NAME_CHARS && /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/.test(name);
}

function decodeUtf8(bytes: Uint8Array, file: ByteFile): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    file.refuse('is not UTF-8', cause);
  }
}
