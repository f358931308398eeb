import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createTestFolder, startHeddle, type TestHeddle } from '@heddle/testing';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url));
const PACKAGE = join(REPOSITORY, 'libs/client');
const run = promisify(execFile);

let system: TestHeddle;
let folder: string;
/** The package as it would be published. */
let tarball: string;
let env: Record<string, string>;
beforeAll(async () => {
  system = await startHeddle();
  folder = await createTestFolder('heddle-client-');
  env = {
    PATH: process.env.PATH!,
    HOME: folder,
    HEDDLE_URL: system.url,
    HEDDLE_API_KEY: system.key,
    npm_config_update_notifier: 'false',
  };
  const { stdout } = await run('npm', ['pack', PACKAGE, '--pack-destination', folder, '--json'], { env });
  const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
  tarball = join(folder, filename);
});
afterAll(async () => {
  await rm(folder, { recursive: true });
  await system.stop();
});

/** A project that has the package installed, without a network. */
async function consumer(name: string, type: 'module' | 'commonjs'): Promise<string> {
  const path = join(folder, name);
  await mkdir(path);
  await writeFile(join(path, 'package.json'), JSON.stringify({ name, private: true, type }));
  await run('npm', ['install', '--offline', '--no-audit', '--no-fund', tarball], { cwd: path, env });
  return path;
}

async function output(path: string, file: string, text: string): Promise<string> {
  await writeFile(join(path, file), text);
  const { stdout, stderr } = await run(process.execPath, [file], { cwd: path, env });
  expect(stderr).toBe('');
  return stdout;
}

const PROGRAM = `
const client = new HeddleClient({ baseUrl: process.env.HEDDLE_URL, apiKey: process.env.HEDDLE_API_KEY });
const main = async () => {
  const job = await client.run('sentiment', ['I loved it'], { task: 'text-classification' });
  const events = [];
  for await (const { event } of client.jobs.stream(job.id)) events.push(event);
  const refused = await client.models.get('none').catch((error) => error);
  console.log(job.results[0].output.labels[0].label, events.at(-1), refused instanceof NotFoundError, refused.code);
};
main();
`;
const SAYS = 'positive done true not-found\n';

/** Types that say what the API says; lines after an expected error must not compile. */
const TYPED = `
import { HeddleClient, JobFailedError, type Job, type JobOf } from '@heddle/client';
const client = new HeddleClient({ baseUrl: 'http://127.0.0.1:1', apiKey: 'hdl_x' });
export async function typed(): Promise<void> {
  const job = await client.run('ner', ['x', { id: 'b', text: 'y' }], { task: 'token-classification', parameters: { stride: 8 } });
  const same: JobOf<'token-classification'> = job;
  for (const { output, error } of same.results ?? []) {
    const words: string[] | undefined = output?.entities.map(({ word }) => word);
    console.log(words, error?.code);
    // @ts-expect-error labels are of other tasks
    console.log(output?.labels);
  }
  // @ts-expect-error no such parameter
  await client.run('ner', ['x'], { task: 'token-classification', parameters: { top_k: 1 } });
  // @ts-expect-error an item of another task
  await client.run('qa', ['x'], { task: 'question-answering' });
  const qa = await client.jobs.create({ model: 'qa', task: 'question-answering', inputs: [{ question: 'q', context: 'c' }] });
  const answer: string | undefined = qa.results?.[0]?.output?.answers[0]?.answer;
  // @ts-expect-error candidate_labels are required
  await client.jobs.create({ model: 'nli', task: 'zero-shot-classification', inputs: ['x'] });
  // @ts-expect-error no such field
  await client.jobs.create({ model: 'm', inputs: ['x'], colour: 'red' });
  const any: Job = await client.jobs.create({ model: 'm', inputs: ['x'] });
  for await (const batch of client.batches.list({ status: ['running'], limit: 5 })) console.log(batch.counts.total, answer, any.id);
  // @ts-expect-error no such state
  client.batches.list({ status: ['sleeping'] });
  for await (const event of client.jobs.stream('job_x')) if (event.event === 'done') console.log(event.data.status);
  const content = await client.files.download('file_x', { start: 1, end: 2 });
  for await (const chunk of content) console.log(chunk.length);
  await client.aliases.set('m', 'production', { version: 3, canary: { version: 4, percent: 10 } }, { ifMatch: '*' });
  try { await client.limits(); } catch (error) { if (error instanceof JobFailedError) console.log(error.job.status); }
}
`;

describe('the package', () => {
  it('has no dependencies of any kind, and imports nothing but its own files', async () => {
    const path = await consumer('bare', 'module');
    const installed = join(path, 'node_modules/@heddle/client');
    const manifest = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8')) as object;
    expect(Object.keys(manifest).filter((name) => /dependencies/i.test(name))).toEqual([]);
    expect((await readdir(join(path, 'node_modules'))).filter((name) => !name.startsWith('.'))).toEqual([
      '@heddle',
    ]);
    expect(await readdir(join(path, 'node_modules/@heddle'))).toEqual(['client']);
    const files = (await readdir(installed, { recursive: true })).filter((name) =>
      /\.(js|d\.ts)$/.test(name),
    );
    expect(files.length).toBeGreaterThan(50);
    expect(files.filter((name) => name.includes('.spec.'))).toEqual([]);
    for (const name of files) {
      const text = await readFile(join(installed, name), 'utf8');
      const imports = ts.preProcessFile(text).importedFiles.map(({ fileName }) => fileName);
      expect([name, imports.filter((from) => !from.startsWith('.'))]).toEqual([name, []]);
      expect([name, /\b(process|Buffer)\b\./.test(text)]).toEqual([name, false]);
    }
  });

  it('is used from ES modules', async () => {
    const path = await consumer('esm', 'module');
    const program = `import { HeddleClient, NotFoundError } from '@heddle/client';${PROGRAM}`;
    expect(await output(path, 'program.js', program)).toBe(SAYS);
  });

  it('is used from CommonJS', async () => {
    const path = await consumer('cjs', 'commonjs');
    const program = `const { HeddleClient, NotFoundError } = require('@heddle/client');${PROGRAM}`;
    expect(await output(path, 'program.js', program)).toBe(SAYS);
  });

  it.each<[string, 'module' | 'commonjs', object]>([
    ['ES modules in Node', 'module', { module: 'NodeNext', types: ['node'], lib: ['ES2023'] }],
    ['CommonJS in Node', 'commonjs', { module: 'Node16', types: ['node'], lib: ['ES2023'] }],
    [
      'a bundler for browsers',
      'module',
      { module: 'ESNext', moduleResolution: 'Bundler', types: [], lib: ['ES2023', 'DOM'] },
    ],
  ])('has types for %s', async (name, type, options) => {
    const path = await consumer(`types ${name}`.replaceAll(' ', '-').toLowerCase(), type);
    await writeFile(join(path, 'typed.ts'), TYPED);
    const compilerOptions = {
      target: 'ES2023',
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
      noEmit: true,
      typeRoots: [join(REPOSITORY, 'node_modules/@types')],
      ...options,
    };
    await writeFile(join(path, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['typed.ts'] }));
    const tsc = join(REPOSITORY, 'node_modules/typescript/bin/tsc');
    const said = await run(process.execPath, [tsc, '-p', '.'], { cwd: path }).then(
      () => '',
      (error: { stdout: string }) => error.stdout,
    );
    expect(said).toBe('');
  });

  it('has the types of the api that runs', async () => {
    const script = join(REPOSITORY, 'scripts/client-types.mjs');
    const args = [script, '--check', '--from', `${system.url}/openapi.json`];
    await expect(run(process.execPath, args, { cwd: REPOSITORY })).resolves.toMatchObject({ stderr: '' });
  });
});

describe('guides', () => {
  it.each(['docs/sdk.md', 'README.md', 'libs/client/README.md'])(
    '%s: every program runs as it stands',
    { timeout: 300_000 },
    async (page) => {
      const text = await readFile(join(REPOSITORY, page), 'utf8');
      const programs = [...text.matchAll(/^```js\n([\s\S]*?)^```$/gm)].map((match) => match[1]!);
      expect(programs.length).toBe(page.startsWith('docs') ? 8 : 1);
      const path = await consumer(page.replaceAll(/\W/g, '-').toLowerCase(), 'module');
      // As in a clone.
      await symlink(join(REPOSITORY, 'models'), join(path, 'models'));
      for (const [i, program] of programs.entries())
        expect((await output(path, `program-${i}.mjs`, program)).trim(), program).not.toBe('');
    },
  );

  it('name every method there is', async () => {
    const { HeddleClient } = await import('@heddle/client');
    const text = await readFile(join(REPOSITORY, 'docs/sdk.md'), 'utf8');
    const client = new HeddleClient({ baseUrl: system.url });
    const told = Object.fromEntries(
      [...text.matchAll(/^\| `(\w+)` \| ((?:`\w+`(?:, )?)+) \|$/gm)].map(([, noun, verbs]) => [
        noun!,
        [...verbs!.matchAll(/\w+/g)].map(([verb]) => verb).sort(),
      ]),
    );
    const there = Object.fromEntries(
      Object.entries(client)
        .filter(([name]) => name !== 'transport')
        .map(([name, resource]) => [name, methodsOf(resource as object)]),
    );
    expect(told).toEqual(there);
  });
});

function methodsOf(resource: object): string[] {
  return Object.getOwnPropertyNames(Object.getPrototypeOf(resource))
    .filter((name) => name !== 'constructor')
    .sort();
}
