import { HeddleError } from '@heddle/contracts';
import type { ByteFile } from '../bytes/byte-file.js';
import { type EntryWalk, MAX_ENTRIES, MAX_RATIO, RATIO_FROM_BYTES } from './archive-entries.js';
import { shown } from './entry-name.js';

/** Bytes of a file's name on every common file system. */
const MAX_FILE_NAME_BYTES = 255;

/** What to do with an archive: path inside it → name in the folder that receives it, and size. */
export type ExtractionPlan = ReadonlyMap<string, { name: string; bytes: number }>;

interface ListedFile {
  path: string;
  segments: string[];
  bytes: number;
}

/**
 * Goes through all of an archive and decides which files are taken, before any byte is written: those beside
 * one another at the top or in a single top folder. Files in further folders (other formats of the model,
 * version control) and macOS's resource forks are left out.
 */
export async function planExtraction(
  file: ByteFile,
  walk: EntryWalk,
  maxBytes: number,
): Promise<ExtractionPlan> {
  const files = await listFiles(file, walk, maxBytes);
  const tops = new Set(files.map(({ segments }) => segments[0]));
  const depth = tops.size === 1 && files.every(({ segments }) => segments.length > 1) ? 2 : 1;
  const plan = new Map<string, { name: string; bytes: number }>();
  for (const { path, segments, bytes } of files) {
    if (segments.length !== depth) continue;
    const name = segments.at(-1)!;
    if (Buffer.byteLength(name) > MAX_FILE_NAME_BYTES)
      file.refuse(`holds ${shown(path)}, whose name is too long`);
    plan.set(path, { name, bytes });
  }
  if (plan.size === 0) {
    throw new HeddleError('not-a-checkpoint', `${file.name} holds no files at its top or in a single folder`);
  }
  return plan;
}

async function listFiles(file: ByteFile, walk: EntryWalk, maxBytes: number): Promise<ListedFile[]> {
  const files: ListedFile[] = [];
  const seen = new Set<string>();
  let entries = 0;
  let total = 0;
  for await (const { name: path, folder, bytes } of walk()) {
    entries += 1;
    total += bytes;
    if (entries > MAX_ENTRIES) file.refuseAsTooLarge(`holds more than ${MAX_ENTRIES} files and folders`);
    if (total > maxBytes) file.refuseAsTooLarge(`unpacks to more than ${maxBytes} bytes`);
    if (total > RATIO_FROM_BYTES && total > file.size * MAX_RATIO) {
      file.refuseAsTooLarge(`unpacks to more than ${MAX_RATIO} times its size`);
    }
    const segments = path.split('/').filter((segment) => segment !== '.' && segment !== '');
    // File systems that ignore case or compose letters would let one file replace another.
    const key = segments.join('/').normalize('NFC').toLowerCase();
    if (!folder && seen.has(key)) file.refuse(`holds ${shown(path)} twice, case ignored`);
    if (!folder && segments.length === 0) file.refuse('holds a file without a name');
    if (!folder) seen.add(key);
    if (!folder && !isResourceFork(segments)) files.push({ path, segments, bytes });
  }
  return files;
}

/** Companion files that macOS adds to archives. */
function isResourceFork(segments: string[]): boolean {
  return segments[0] === '__MACOSX' || segments.at(-1)!.startsWith('._') || segments.at(-1) === '.DS_Store';
}
