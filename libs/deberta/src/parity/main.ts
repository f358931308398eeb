/**
 * `npm run parity -- <folder> [--json]`: runs every case of every fixture folder below (format deberta-fixtures/1),
 * prints a line a case, ends with `N passed, N failed`, and with 1 when a case failed.
 */
import { relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Outcome } from './outcome.js';
import { fixtureFolders, runFixture } from './run-folder.js';

const HELP = `npm run parity -- <folder> [--json]

Compares this build with reference values: runs every case of every folder below <folder> that holds a manifest.json of
the format deberta-fixtures/1 (checkpoints, pipelines, tokenizers, hostile files, tables).

A line a case: ok or FAIL, its folder, its name, and the largest absolute and relative error of its numbers.
  --json   a JSON object a case instead
Ends with the line "N passed, N failed"; the exit status is 1 when a case failed, 2 for a wrong call.

Example: npm run parity -- libs/deberta/src/graph/__fixtures__`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
if (values.help || positionals.length !== 1) {
  console.log(HELP);
  process.exit(values.help ? 0 : 2);
}

const root = resolve(positionals[0]!);
const folders = await fixtureFolders(root).catch((error: unknown) => {
  console.error(`${root} cannot be read: ${error instanceof Error ? error.message : error}`);
  process.exit(2);
});
let passed = 0;
let failed = 0;
for (const folder of folders) {
  for (const outcome of await runFixture(folder)) {
    if (outcome.fault === null) passed++;
    else failed++;
    print(relative(root, folder) || '.', outcome);
  }
}
if (folders.length === 0) {
  console.error(`${root} holds no folder with a manifest.json`);
  failed = 1;
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;

function print(fixture: string, { id, fault, error }: Outcome): void {
  if (values.json) {
    console.log(JSON.stringify({ fixture, case: id, passed: fault === null, ...(error ?? {}), fault }));
    return;
  }
  const numbers = error
    ? `  abs ${error.absolute.toExponential(1)}  rel ${error.relative.toExponential(1)}`
    : '';
  console.log(
    `${fault === null ? 'ok  ' : 'FAIL'}  ${fixture}  ${id}${numbers}${fault === null ? '' : `  ${fault}`}`,
  );
}
