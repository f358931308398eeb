import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FAULT_CODES } from '@heddle/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Loader, MOST_BYTES, MOST_CPU_MS } from '../test/loader.js';

const SHARED = fileURLToPath(new URL('../../../../shared/fixtures/hostile', import.meta.url));
/** Rows of an embedding table that no fixture's vocabulary exceeds. */
const ROWS = 1_000;

interface Manifest {
  name: string;
  kind: string;
  cases: { stage?: string; reason?: string; optional?: boolean; must_not_create?: string[] }[];
}

if (!existsSync(SHARED)) console.log('not run: ../shared/fixtures is missing');
describe.runIf(existsSync(SHARED))('hostile checkpoints', () => {
  const manifests = (existsSync(SHARED) ? readdirSync(SHARED) : []).map(
    (name) => JSON.parse(readFileSync(join(SHARED, name, 'manifest.json'), 'utf8')) as Manifest,
  );
  const refused = manifests.filter(({ kind }) => kind === 'hostile');
  const honest = manifests.filter(({ kind }) => kind !== 'hostile');

  let dir: string;
  let most = 0;
  // Its memory is measured, and whatever native code does to it is seen.
  const loader = new Loader();
  const load = (name: string, rows: number | null = null) =>
    loader.load(join(SHARED, name), join(dir, 'out'), rows);
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'heddle-hostile-'));
  });
  afterAll(async () => {
    await loader.end();
    await rm(dir, { recursive: true });
  });

  // First, so that what is measured afterwards is not the loading of code.
  it.each(honest.map(({ name }) => name))('%s is accepted', async (name) => {
    const { outcome, grownBytes } = await load(name);
    expect(outcome).toBe('accepted');
    most = Math.max(most, grownBytes);
    expect(await load(name, ROWS)).toMatchObject({ outcome: 'accepted' });
  });

  it('are measured: honest ones take memory', () => expect(most).toBeGreaterThan(1024 * 1024));

  it.each(refused.map(({ name, cases }) => [name, cases[0]!] as const))(
    '%s is refused in time and within the memory; nothing runs, and nothing is left',
    async (name, { stage, reason, optional, must_not_create: forbidden = [] }) => {
      const { outcome, error, cpuMs, grownBytes } = await load(name, stage === 'tokenizer' ? ROWS : null);
      if (!(optional && outcome === 'accepted'))
        expect([outcome, error]).toEqual([FAULT_CODES[reason!], undefined]);
      expect(cpuMs).toBeLessThan(MOST_CPU_MS);
      expect(grownBytes).toBeLessThan(MOST_BYTES);
      expect(await readdir(dir)).toEqual([]);
      for (const place of [dir, join(SHARED, name), process.cwd(), tmpdir(), '/'])
        expect((await readdir(place)).filter((file) => forbidden.includes(file))).toEqual([]);
    },
  );

  it('have a code for every class of fault', () => {
    expect(refused.length).toBeGreaterThan(80);
    expect(refused.filter(({ cases }) => !FAULT_CODES[cases[0]!.reason!])).toEqual([]);
  });
});
