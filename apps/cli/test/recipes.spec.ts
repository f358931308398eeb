import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createTestFolder, pythonWith, startHeddle, type TestHeddle } from '@heddle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url));
const RECIPES = join(REPOSITORY, 'docs/recipes');
/** Numbers with two decimals may be rounded otherwise where another processor computed them. */
const TOLERANCE = 0.0101;
/** A page, or Heddle, is done within it, on a machine that has other things to do as well. */
const TIMEOUT_MS = 300_000;
const COMPILER_OPTIONS = {
  module: 'NodeNext',
  target: 'ES2023',
  lib: ['ES2023'],
  types: ['node'],
  strict: true,
  exactOptionalPropertyTypes: true,
  // Nothing that Node could not strip off.
  erasableSyntaxOnly: true,
};

interface Program {
  page: string;
  language: 'ts' | 'sh' | 'python';
  code: string;
  /** What the page shows below it. */
  shown: string;
  /** Without extension. */
  name: string;
}

const pages = (await readdir(RECIPES)).filter((page) => page !== 'README.md');
const texts = new Map<string, string>();
for (const page of [...pages, 'README.md']) texts.set(page, await readFile(join(RECIPES, page), 'utf8'));
const programs = pages.flatMap(programsOf);
// The environment of the guide to dialects.
const python = await pythonWith(
  'openai==3.54.0',
  'replicate==1.0.7',
  'cohere==7.3.1',
  'huggingface_hub==2.4.0',
  'tritonclient[http]==2.73.0',
);

let system: TestHeddle;
let folder: string;
let env: Record<string, string>;
let compiler: string;
beforeAll(async () => {
  folder = await createTestFolder('heddle-recipes-');
  [system, compiler] = await Promise.all([
    startHeddle({
      // As the page of webhooks has it started, to be called on this machine.
      env: { HEDDLE_WEBHOOK_ALLOW_HTTP: 'true', HEDDLE_WEBHOOK_ALLOW_CIDRS: '127.0.0.0/8' },
      readyTimeoutMs: TIMEOUT_MS / 2,
    }),
    compile(),
  ]);
  env = { HEDDLE_URL: system.url, HEDDLE_API_KEY: system.key };
  // What Python sees is the environment of this process.
  Object.assign(process.env, env);
}, TIMEOUT_MS);
afterAll(async () => {
  await system.stop();
  await rm(folder, { recursive: true });
});

describe('recipes', { timeout: TIMEOUT_MS }, () => {
  it('have programs that compile, strictly', () => {
    expect(compiler).toBe('');
  });

  it.each(pages.filter((page) => page !== 'python.md'))('%s: prints what it shows', async (page) => {
    const own = programs.filter((program) => program.page === page);
    expect(own.length).toBeGreaterThan(0);
    for (const program of own) expectShown(await printedBy(program), program);
  });

  it.skipIf(!python)('python.md: prints what it shows', async () => {
    const own = programs.filter(({ language }) => language === 'python');
    expect(own.map(({ page }) => page)).toEqual(new Array(5).fill('python.md'));
    for (const program of own) expectShown(await python!.run(program.code), program);
  });

  it('are all in the index', () => {
    const linked = [...texts.get('README.md')!.matchAll(/\]\(([\w-]+\.md)\)/g)].map(([, page]) => page);
    expect([...new Set(linked)].sort()).toEqual([...pages].sort());
  });

  it('link to pages and headings that exist', async () => {
    for (const [page, text] of texts)
      for (const [, path, heading] of text.matchAll(/\]\((?!http)([^)#]*)(?:#([^)]+))?\)/g)) {
        const target = path ? resolve(RECIPES, path) : join(RECIPES, page);
        if (!target.endsWith('.md')) continue;
        const headings = (await readFile(target, 'utf8')).matchAll(/^#+ (.+)$/gm);
        const anchors = [undefined, ...[...headings].map(([, title]) => anchorOf(title!))];
        expect(anchors, `${page} → ${path}#${heading}`).toContain(heading);
      }
  });
});

/** Every program of a page; each has what it prints below it. */
function programsOf(page: string): Program[] {
  const fences = [...texts.get(page)!.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)];
  return fences.flatMap(([, language, code], i) => {
    if (language !== 'ts' && language !== 'sh' && language !== 'python') return [];
    const [, next, shown] = fences[i + 1] ?? [];
    if (next !== 'text') throw new Error(`${page}: a program of ${language} does not show what it prints`);
    return [{ page, language, code: code!, shown: shown!, name: `${page.replace('.md', '')}-${i}` }];
  });
}

/** Compiles the programs as a project of their own; what the compiler says. */
async function compile(): Promise<string> {
  const project = join(folder, 'project');
  await mkdir(project);
  await symlink(join(REPOSITORY, 'node_modules'), join(project, 'node_modules'));
  await writeFile(join(project, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  const ours = programs.filter(({ language }) => language === 'ts');
  for (const { name, code } of ours) await writeFile(join(project, `${name}.ts`), code);
  const files = ours.map(({ name }) => `${name}.ts`);
  await writeFile(
    join(project, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: COMPILER_OPTIONS, files }),
  );
  const tsc = join(REPOSITORY, 'node_modules/typescript/bin/tsc');
  return run(process.execPath, [tsc, '-p', project]).then(
    ({ stdout }) => stdout,
    (error: { stdout: string }) => error.stdout,
  );
}

async function printedBy({ language, name, code }: Program): Promise<string> {
  const options = { env: { PATH: process.env.PATH, HOME: folder, ...env } };
  const { stdout, stderr } = await (language === 'ts'
    ? run(process.execPath, [join(folder, 'project', `${name}.js`)], options)
    : run('bash', ['-euo', 'pipefail', '-c', code], { ...options, cwd: REPOSITORY }));
  if (language === 'ts') expect(stderr, code).toBe('');
  return stdout;
}

function expectShown(printed: string, { page, shown }: Program): void {
  const number = /\d+\.\d\d\b/g;
  expect(printed.replaceAll(number, '0.00'), `${page}:\n${printed}`).toBe(shown.replaceAll(number, '0.00'));
  const numbers = (text: string) => (text.match(number) ?? []).map(Number);
  const expected = numbers(shown);
  for (const [i, value] of numbers(printed).entries())
    expect(Math.abs(value - expected[i]!), `${page}:\n${printed}`).toBeLessThanOrEqual(TOLERANCE);
}

/** As GitHub makes them. */
function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s-]/gu, '')
    .trim()
    .replaceAll(' ', '-');
}
