#!/usr/bin/env node
/** The `heddle` command. npm links this file when it installs, which is before anything is built. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const repository = fileURLToPath(new URL('../../..', import.meta.url));
const main = new URL('../dist/main.js', import.meta.url);

if (!existsSync(main)) {
  process.stderr.write('building Heddle, which is needed once …\n');
  if (build() !== 0) {
    process.stderr.write('the build failed: run `npm ci` and `npm run build`\n');
    process.exit(1);
  }
}
await import(main.href);

function build() {
  try {
    const compiler = createRequire(import.meta.url).resolve('typescript/bin/tsc');
    // Standard output belongs to the command.
    return spawnSync(process.execPath, [compiler, '-b'], { cwd: repository, stdio: ['ignore', 2, 2] }).status;
  } catch {
    // Installed without what builds it.
    return 1;
  }
}
