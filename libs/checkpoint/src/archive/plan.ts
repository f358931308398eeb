import { HeddleError } from '@heddle/contracts';
import type { ByteFile } from '../bytes/byte-file.js';
import { type EntryWalk, MAX_ENTRIES, MAX_RATIO, RATIO_FROM_BYTES } from './archive-entries.js';
import { shown } from './entry-name.js';

/** Bytes of a file's name on every common file system. */
const MAX_FILE_NAME_BYTES = 255;

/** Folders of a checkpoint's further modules, such as 1_Pooling; only their configuration is of use. */
const MODULE_FOLDER = /^[0-9]{1,3}_[A-Za-z]{1,60}$/;
const MODULE_FILE = 'config.json';

/** What to do with an archive: path inside it → name in the folder that receives it, and size. */
export type ExtractionPlan = ReadonlyMap<string, { name: string; bytes: number }>;

interface ListedFile {
  path: string;
  segments: string[];
  bytes: number;
}

/**
 * Goes through all of an archive and decides which files are taken, before any byte is written: those beside
 * one another at the top or in a single top folder, and `1_Pooling/config.json` beside them as
 * `1_Pooling.config.json`: what receives them holds no folders. Files in further folders (other formats of the
 * model, version control) and macOS's resource forks are left out.
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
  const names = new Set<string>();
  for (const { path, segments, bytes } of files) {
    const name = nameOf(segments.slice(depth - 1));
    if (name === null) continue;
    if (names.has(name.toLowerCase())) file.refuse(`holds ${shown(name)} both as a file and in a folder`);
    names.add(name.toLowerCase());
    if (Buffer.byteLength(name) > MAX_FILE_NAME_BYTES)
      file.refuse(`holds ${shown(path)}, whose name is too long`);
    plan.set(path, { name, bytes });
  }
  if (plan.size === 0) {
    throw new HeddleError('not-a-checkpoint', `${file.name} holds no files at its top or in a single folder`);
  }
  return plan;
}

/** What a file is called that lies at this path below the checkpoint's folder; null when it is left out. */
function nameOf([first = '', second, ...deeper]: string[]): string | null {
  if (second === undefined) return first;
  return deeper.length === 0 && second === MODULE_FILE && MODULE_FOLDER.test(first)
    ? `${first}.${second}`
    : null;
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
