import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { HeddleError, type VersionManifest } from '@heddle/contracts';
import { readJson } from '../read-json.js';

const MODULES_FILE = 'modules.json';
const CONFIG_FILE = 'config.json';
/** A folder of sentence-transformers, such as 1_Pooling. */
const MODULE_FOLDER = /^[A-Za-z0-9_-]{1,64}$/;
/** What sentence-transformers switches on unless its configuration says otherwise (Pooling's arguments). */
const DEFAULT_MODE = 'mean_tokens';
const MODE_KEY = /^pooling_mode_(cls_token|[a-z_]+_tokens|lasttoken)$/;
const COMPUTED: Record<string, 'mean' | 'cls'> = {
  mean_tokens: 'mean',
  cls_token: 'cls',
  mean: 'mean',
  cls: 'cls',
};

/** How sentence-transformers makes a text's vector of its tokens', as a checkpoint says it. */
export interface SentenceVectors {
  /** Null for a way that is not computed here: then a caller must say which one is wanted. */
  pooling: NonNullable<VersionManifest['pooling']> | null;
  /** The checkpoint's own steps, for people. */
  steps: string[];
  /** Files that say so. */
  files: string[];
}

/**
 * Reads modules.json and the configuration of the pooling that it names. In a folder without folders, such as files
 * that were uploaded one by one, that is `1_Pooling.config.json`. Null when the checkpoint says nothing of it.
 * Errors: `invalid-config`, `unsafe-path`.
 */
export async function readSentenceVectors(dir: string, present: string[]): Promise<SentenceVectors | null> {
  if (!present.includes(MODULES_FILE)) return null;
  const modules = readModules(await readJson(dir, MODULES_FILE));
  const pooling = modules.find(({ kind }) => kind === 'Pooling');
  if (!pooling) return null;
  const file = await configOf(dir, present, pooling.path);
  const modes = readModes(await readJson(dir, file), file);
  // Anything else, such as a Dense layer, makes another vector of it.
  const others = modules
    .map(({ kind }) => kind)
    .filter((kind) => !['Transformer', 'Pooling', 'Normalize'].includes(kind));
  const isComputed = modes.length === 1 && others.length === 0;
  const normalize = modules.some(({ kind }) => kind === 'Normalize');
  return {
    pooling: (isComputed && COMPUTED[modes[0]!]) || null,
    steps: [...modes, ...others, ...(normalize ? ['Normalize'] : [])],
    files: [MODULES_FILE, file],
  };
}

interface Module {
  /** The last part of the Python class's name. */
  kind: string;
  path: string;
}

function readModules(json: unknown): Module[] {
  if (!Array.isArray(json)) throw invalid(`${MODULES_FILE} is not a list`);
  return json.map((module: unknown) => {
    const { type, path = '' } = (module ?? {}) as { type?: unknown; path?: unknown };
    if (typeof type !== 'string' || typeof path !== 'string')
      throw invalid(`${MODULES_FILE} holds a module without type and path`);
    return { kind: type.split('.').at(-1)!.slice(0, MAX_NAME_CHARS), path };
  });
}

async function configOf(dir: string, present: string[], folder: string): Promise<string> {
  if (!MODULE_FOLDER.test(folder)) {
    throw new HeddleError(
      'unsafe-path',
      `${MODULES_FILE} names the folder ${JSON.stringify(folder.slice(0, MAX_NAME_CHARS))}`,
    );
  }
  const flat = `${folder}.${CONFIG_FILE}`;
  if (present.includes(flat)) return flat;
  const inside = present.includes(folder) ? await readdir(join(dir, folder)).catch(() => []) : [];
  if (inside.includes(CONFIG_FILE)) return `${folder}/${CONFIG_FILE}`;
  throw invalid(`${MODULES_FILE} names ${folder}, but neither ${folder}/${CONFIG_FILE} nor ${flat} is there`);
}

/** The modes that are on; their vectors are put one behind the other. */
function readModes(json: unknown, file: string): string[] {
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw invalid(`${file} is not an object`);
  if ('pooling_mode' in json && json.pooling_mode !== null) {
    const { pooling_mode: named } = json;
    const list: unknown[] = Array.isArray(named) ? named : [named];
    return list.map((mode) => (typeof mode === 'string' ? mode : fail(file)).slice(0, MAX_NAME_CHARS));
  }
  const flags: [string, unknown][] = Object.entries({ [`pooling_mode_${DEFAULT_MODE}`]: true, ...json });
  const modes = flags.flatMap(([key, on]) => {
    const mode = MODE_KEY.exec(key)?.[1];
    if (mode === undefined) return [];
    if (typeof on !== 'boolean') fail(file);
    return on ? [mode] : [];
  });
  return modes.length > 0 ? modes : fail(file);
}

/** Names are shown in messages and reports. */
const MAX_NAME_CHARS = 80;

function fail(file: string): never {
  throw invalid(`${file} does not say how tokens are pooled`);
}

function invalid(message: string): HeddleError {
  return new HeddleError('invalid-config', message);
}
