/**
 * Builds the dashboard into `dist`, with each file packed beside it for who takes it packed, unless it was built from the same files
 * before: `npm run build` runs often, and this takes seconds.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, extname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';

const ROOT = fileURLToPath(new URL('.', import.meta.url));
const DIST = join(ROOT, 'dist');
const SOURCES = ['src', 'public', 'index.html', 'vite.config.ts', 'build.mjs', '../../libs/client/dist'];
const LOCK = '../../package-lock.json';
/** Says from what `dist` was built; the api sends no file without an ending. */
const MARK = join(DIST, 'built-from');
/** Types that get smaller, from a size on that is worth a second file. */
const PACKED = new Set(['.js', '.css', '.svg', '.html']);
const MIN_PACKED_BYTES = 1_024;

const mark = fingerprint();
if (!existsSync(MARK) || readFileSync(MARK, 'utf8') !== mark) {
  const { build } = await import('vite');
  await build({ root: ROOT, logLevel: 'warn' });
  assertStyled();
  pack();
  writeFileSync(MARK, mark);
}

function fingerprint() {
  const hash = createHash('sha256');
  for (const path of [...SOURCES, LOCK].flatMap((source) => filesAt(join(ROOT, source))))
    hash
      .update(`${relative(ROOT, path)}\0`)
      .update(readFileSync(path))
      .update('\0');
  return hash.digest('hex');
}

/** The file itself, or every file below a folder, in an order that does not change. */
function filesAt(path) {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== '.tsbuildinfo')
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** Components have classes of their own: where scripts have one that no style sheet has, app/mantine.css lacks its file. */
function assertStyled() {
  const textOf = (ending) =>
    filesAt(DIST)
      .filter((path) => path.endsWith(ending))
      .map((path) => readFileSync(path, 'utf8'))
      .join();
  const [scripts, styles] = [textOf('.js'), textOf('.css')];
  const folder = join(dirname(fileURLToPath(import.meta.resolve('@mantine/core/styles.css'))), 'styles');
  const missing = readdirSync(folder).filter((name) => {
    if (name.endsWith('.layer.css') || !name.endsWith('.css')) return false;
    const classes = readFileSync(join(folder, name), 'utf8').match(/\bm_[0-9a-f]+/g) ?? [];
    return classes.some((one) => scripts.includes(one)) && !classes.some((one) => styles.includes(one));
  });
  if (missing.length > 0) throw new Error(`src/app/mantine.css lacks ${missing.join(', ')}`);
}

/** `index.html` is sent with a nonce of its own each time, so never packed. */
function pack() {
  for (const path of filesAt(DIST)) {
    if (!PACKED.has(extname(path)) || path === join(DIST, 'index.html')) continue;
    const bytes = readFileSync(path);
    if (bytes.length < MIN_PACKED_BYTES) continue;
    writeFileSync(`${path}.br`, brotliCompressSync(bytes));
    writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
  }
}
