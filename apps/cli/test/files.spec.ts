import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StoredFile } from '@heddle/contracts';
import { startHeddle, type TestHeddle } from '@heddle/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { heddle } from './cli.js';

const MAX_MODEL_BYTES = 40_000_000;
const BYTES = 30_000_000;

let system: TestHeddle;
let root: string;
/** Empty for every spec. */
let folder: string;
let file: StoredFile;
let content: Buffer;
let env: Record<string, string>;
beforeAll(async () => {
  system = await startHeddle({ env: { HEDDLE_MAX_MODEL_BYTES: String(MAX_MODEL_BYTES) } });
  env = { HEDDLE_URL: system.url, HEDDLE_API_KEY: system.key };
  root = await mkdtemp(join(tmpdir(), 'heddle-cli-files-'));
  content = Buffer.alloc(BYTES, 'all of it, ');
  await writeFile(join(root, 'data.bin'), content);
  const { stdout } = await heddle(['files', 'upload', join(root, 'data.bin'), '--json'], { env });
  file = JSON.parse(stdout) as StoredFile;
});
afterAll(async () => {
  await system.stop();
  await rm(root, { recursive: true });
});
beforeEach(async () => {
  folder = join(root, 'out');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder);
});

const download = (id: string, args: string[] = [], more: Record<string, string> = {}) =>
  heddle(['files', 'download', id, '--out', folder, ...args], { env: { ...env, ...more } });
const partOf = ({ id, filename }: StoredFile) => join(folder, `${filename}.${id}.part`);

/**
 * A way to the server that lets each connection pass so many bytes of answers, and counts them all. Without `ranges` it
 * asks for the whole where a part is asked for.
 */
async function openWire(bytes: number, { ranges = true } = {}) {
  let connections = 0;
  let passed = 0;
  const server = createServer((near) => {
    connections++;
    let own = 0;
    const far = connect(Number(new URL(system.url).port), new URL(system.url).hostname);
    near.on('error', () => far.destroy()).on('close', () => far.destroy());
    far.on('error', () => near.destroy()).on('close', () => near.destroy());
    near.on('data', (chunk: Buffer) => {
      far.write(ranges ? chunk : chunk.toString('latin1').replace(/^range:/im, 'x-range:'), 'latin1');
    });
    far.on('data', (chunk: Buffer) => {
      own += chunk.length;
      passed += chunk.length;
      if (own > bytes) near.resetAndDestroy();
      else near.write(chunk);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    connections: () => connections,
    passed: () => passed,
    close: () => void server.close(),
  };
}

describe('heddle files download', () => {
  it('writes the bytes under the file’s name, and nothing else', async () => {
    const { status, stdout, stderr } = await download(file.id);
    expect([status, stdout]).toEqual([0, `${join(folder, 'data.bin')}\n`]);
    expect(stderr).toContain('downloading data.bin');
    expect((await readFile(join(folder, 'data.bin'))).equals(content)).toBe(true);
    expect(await readdir(folder)).toEqual(['data.bin']);
  });

  it('overwrites nothing unless told to', async () => {
    await writeFile(join(folder, 'data.bin'), 'mine');
    const refused = await download(file.id);
    expect([refused.status, refused.stderr]).toEqual([5, expect.stringMatching(/is there already; --force/)]);
    expect(await readFile(join(folder, 'data.bin'), 'utf8')).toBe('mine');
    expect((await download(file.id, ['--force', '--json'])).status).toBe(0);
    expect((await readFile(join(folder, 'data.bin'))).equals(content)).toBe(true);
  });

  it('goes on where an earlier call was broken off', async () => {
    await writeFile(partOf(file), content.subarray(0, 29_000_000));
    const wire = await openWire(Number.POSITIVE_INFINITY);
    expect((await download(file.id, [], { HEDDLE_URL: wire.url })).status).toBe(0);
    expect((await readFile(join(folder, 'data.bin'))).equals(content)).toBe(true);
    expect(wire.passed()).toBeLessThan(2_000_000);
    wire.close();
  });

  it('goes on by itself when the connection breaks', async () => {
    const wire = await openWire(8_000_000);
    expect((await download(file.id, [], { HEDDLE_URL: wire.url })).status).toBe(0);
    expect(wire.connections()).toBeGreaterThanOrEqual(4);
    expect((await readFile(join(folder, 'data.bin'))).equals(content)).toBe(true);
    wire.close();
  });

  it('has an end where every try begins again and breaks off', { timeout: 120_000 }, async () => {
    const wire = await openWire(8_000_000, { ranges: false });
    const { status, stderr } = await download(file.id, [], { HEDDLE_URL: wire.url });
    expect([status, stderr]).toEqual([7, expect.stringMatching(/breaks off again and again/)]);
    wire.close();
  });

  it('keeps what has come when the connection breaks again and again', { timeout: 120_000 }, async () => {
    await writeFile(partOf(file), content.subarray(0, 1_000));
    // Enough for the description of the file, too little for any more of its bytes.
    const wire = await openWire(1_500);
    const { status, stderr } = await download(file.id, [], { HEDDLE_URL: wire.url });
    expect([status, stderr]).toEqual([7, expect.stringMatching(/\.part is kept to go on from|cannot reach/)]);
    expect((await readdir(folder))[0]).toMatch(/\.part$/);
    wire.close();
    expect((await download(file.id)).status).toBe(0);
  });

  it('takes no bytes but the file’s for it', async () => {
    await writeFile(partOf(file), Buffer.alloc(1_000, 'other'));
    const wrong = await download(file.id);
    expect([wrong.status, wrong.stderr]).toEqual([7, expect.stringMatching(/its digest is another/)]);
    expect(await readdir(folder)).toEqual([]);
    // More than the file has.
    await writeFile(partOf(file), '');
    await truncate(partOf(file), BYTES + 1);
    expect((await download(file.id)).status).toBe(0);
    expect((await readFile(join(folder, 'data.bin'))).equals(content)).toBe(true);
  });

  it.each<[string, string[], number, RegExp]>([
    ['an unknown file', ['file_00000000000000000000000000'], 4, /^not-found/],
    ['a folder that is not there', ['FILE', '--out', '/nowhere/at/all'], 2, /cannot be written \(ENOENT\)/],
  ])('says what is wrong: %s', async (_, args, status, message) => {
    const result = await heddle(
      ['files', 'download', ...args.map((arg) => (arg === 'FILE' ? file.id : arg))],
      { env },
    );
    expect([result.status, result.stdout]).toEqual([status, '']);
    expect(result.stderr).toMatch(message);
  });
});

describe('heddle files upload', () => {
  it('says that a file is too large, also while it is sent', async () => {
    const path = join(root, 'large.bin');
    await writeFile(path, Buffer.alloc(MAX_MODEL_BYTES + 1));
    await truncate(path, 10 * MAX_MODEL_BYTES);
    for (const bytes of [MAX_MODEL_BYTES * 10, MAX_MODEL_BYTES + 1]) {
      await truncate(path, bytes);
      const { status, stderr } = await heddle(['files', 'upload', path], { env });
      expect([status, stderr]).toEqual([5, expect.stringMatching(/payload-too-large/)]);
    }
  });
});

it('each command explains itself with an example', async () => {
  for (const verb of ['upload', 'list', 'get', 'download', 'delete']) {
    const { status, stdout } = await heddle(['files', verb, '--help']);
    expect([status, stdout.includes(`Example: npx heddle files ${verb}`)], verb).toEqual([0, true]);
  }
});
