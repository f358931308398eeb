import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';

/** Files of a dashboard, and their bytes together: many times what one has. They are held in memory. */
const MAX_FILES = 2_000;
const MAX_BYTES = 64 * 1024 * 1024;
/** Where the build puts files whose names change with their contents. */
const HASHED = '/assets/';
/** Encodings that the build may have written beside a file, the smaller one first. */
const ENCODINGS = { br: '.br', gzip: '.gz' } as const;
export type Encoding = keyof typeof ENCODINGS | 'identity';

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.webp': 'image/webp',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.woff': 'font/woff',
  '.txt': 'text/plain; charset=utf-8',
};

/** A file as it is sent. */
export interface DashboardFile {
  type: string;
  /** Whether its name says which contents it has. */
  hashed: boolean;
  bodies: Map<Encoding, { bytes: Buffer; etag: string }>;
}

/** The files of a folder by URL path, such as `/assets/index-B3x.js`; null where there is no `index.html`. Links are left out. */
export async function readDashboard(folder: string): Promise<Map<string, DashboardFile> | null> {
  const found = new Map<string, string>();
  let bytes = 0;
  for (const path of await filesBelow(folder)) {
    bytes += (await stat(path)).size;
    if (found.size >= MAX_FILES || bytes > MAX_BYTES)
      throw new Error(`${folder} is no dashboard: it has more than ${MAX_FILES} files or ${MAX_BYTES} bytes`);
    found.set(`/${relative(folder, path).split(sep).join('/')}`, path);
  }
  if (!found.has('/index.html')) return null;
  const files = new Map<string, DashboardFile>();
  for (const [url, path] of found) {
    const type = TYPES[extname(url).toLowerCase()];
    if (!type) continue;
    const file: DashboardFile = { type, hashed: url.startsWith(HASHED), bodies: new Map() };
    for (const [encoding, ending] of Object.entries(ENCODINGS) as [keyof typeof ENCODINGS, string][]) {
      const packed = found.get(url + ending);
      if (packed) file.bodies.set(encoding, bodyOf(await readFile(packed)));
    }
    file.bodies.set('identity', bodyOf(await readFile(path)));
    files.set(url, file);
  }
  return files;
}

function bodyOf(bytes: Buffer): { bytes: Buffer; etag: string } {
  return { bytes, etag: `"${createHash('sha256').update(bytes).digest('base64url')}"` };
}

async function filesBelow(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
