import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fixtureFolders, runFixture } from './run-folder.js';

const run = promisify(execFile);
const MAIN = fileURLToPath(new URL('../../dist/parity/main.js', import.meta.url));
const OWN = join(import.meta.dirname, '../graph/__fixtures__');
const SHARED = fileURLToPath(new URL('../../../../../shared/fixtures', import.meta.url));

/** The command's exit status and lines. */
async function parity(...args: string[]): Promise<{ status: number; lines: string[] }> {
  const { status, stdout } = await run(process.execPath, [MAIN, ...args], {
    maxBuffer: 64 * 1024 * 1024,
  }).then(
    (result) => ({ status: 0, stdout: result.stdout }),
    (error: { code: number; stdout: string }) => ({ status: error.code, stdout: error.stdout }),
  );
  return { status, lines: stdout.trim().split('\n') };
}

describe('the parity command', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'heddle-parity-spec-'));
    await cp(join(OWN, 'v3-one-layer-one-head'), join(folder, 'good'), { recursive: true });
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('prints a line a case and its errors, and how many passed', async () => {
    const { status, lines } = await parity(join(folder, 'good'));
    expect(status).toBe(0);
    expect(lines[0]).toMatch(/^ok {4}\. {2}\S+ skew {2}abs \d\.\de-?\+?\d+ {2}rel \d\.\de-?\+?\d+$/);
    expect(lines.at(-1)).toBe(`${lines.length - 1} passed, 0 failed`);
  });

  it('fails with what is wrong, and goes on', async () => {
    const bad = join(folder, 'set', 'bad');
    await cp(join(folder, 'good'), bad, { recursive: true });
    await cp(join(folder, 'good'), join(folder, 'set', 'good'), { recursive: true });
    const config = JSON.parse(await readFile(join(bad, 'config.json'), 'utf8')) as object;
    // Another scale of every score.
    await writeFile(join(bad, 'config.json'), JSON.stringify({ ...config, pos_att_type: ['c2p'] }));
    const { status, lines } = await parity(join(folder, 'set'), '--json');
    expect(status).toBe(1);
    const outcomes = lines.slice(0, -1).map((line) => JSON.parse(line));
    const wrong = outcomes.filter((outcome) => !outcome.passed);
    expect(new Set(wrong.map((outcome) => outcome.fixture))).toEqual(new Set(['bad']));
    expect(wrong[0].fault).toMatch(/deviates by .* tolerances/);
    expect(outcomes.some((outcome) => outcome.fixture === 'good' && outcome.passed)).toBe(true);
    expect(lines.at(-1)).toBe(`${outcomes.length - wrong.length} passed, ${wrong.length} failed`);
  });

  it('refuses a folder that is not there, and one without fixtures', async () => {
    expect((await parity(join(folder, 'nothing'))).status).toBe(2);
    await mkdir(join(folder, 'empty'));
    expect(await parity(join(folder, 'empty'))).toEqual({ status: 1, lines: ['0 passed, 1 failed'] });
    expect((await parity()).status).toBe(2);
    expect((await parity('--help')).lines[0]).toContain('npm run parity');
  });
});

if (!existsSync(SHARED)) console.log('not run: ../shared/fixtures is missing');
describe.runIf(existsSync(SHARED))('hostile folders and tables', async () => {
  const groups = existsSync(SHARED) ? ['hostile', 'tables'].map((group) => join(SHARED, group)) : [];
  const folders = (await Promise.all(groups.map(fixtureFolders))).flat();
  it.each(folders.map((path) => [path.slice(SHARED.length + 1), path]))('%s', async (_, path) => {
    const outcomes = await runFixture(path);
    expect(outcomes.filter(({ fault }) => fault !== null)).toEqual([]);
    expect(outcomes.length).toBeGreaterThan(0);
  });
});
