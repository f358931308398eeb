import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FAULT_CODES } from '@heddle/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compileModel } from './compile.js';

const SHARED = fileURLToPath(new URL('../../../../shared/fixtures/hostile', import.meta.url));
/** A refusal reads headers and at most one small tensor; this is what the fixtures allow. */
const MOST_MS = 10_000;

interface Reject {
  name: string;
  kind: string;
  cases: { stage?: string; reason?: string; optional?: boolean }[];
}

if (!existsSync(SHARED)) console.log('not run: ../shared/fixtures is missing');
describe.runIf(existsSync(SHARED))('hostile checkpoints', () => {
  const folders = existsSync(SHARED) ? readdirSync(SHARED) : [];
  const manifests = folders.map(
    (name) => JSON.parse(readFileSync(join(SHARED, name, 'manifest.json'), 'utf8')) as Reject,
  );
  const refused = manifests.filter(
    ({ kind, cases }) => kind === 'hostile' && cases[0]!.stage !== 'tokenizer',
  );

  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'heddle-hostile-'));
  });
  afterEach(() => rm(dir, { recursive: true }));

  const compile = (name: string) =>
    compileModel({ checkpointDir: join(SHARED, name), outDir: join(dir, 'out') });

  it.each(refused.map(({ name, cases }) => [name, cases[0]!] as const))(
    '%s is refused, and nothing is left',
    async (name, { stage, reason, optional }) => {
      const started = performance.now();
      const outcome = await compile(name).then(
        () => 'accepted',
        (error: { code?: string; message?: string }) => error.code ?? `crash: ${error.message}`,
      );
      expect(performance.now() - started).toBeLessThan(MOST_MS);
      if (optional && outcome === 'accepted') return;
      if (FAULT_CODES[reason!] && !(optional && stage === 'weights'))
        expect(outcome).toBe(FAULT_CODES[reason!]);
      expect(outcome).toMatch(/^(?!crash|accepted|internal)/);
      expect(await readdir(dir)).toEqual([]);
    },
  );

  it('knows a reason for every configuration', () => {
    const reasons = refused.filter(({ cases }) => cases[0]!.stage === 'config');
    expect(reasons).toHaveLength(9);
    expect(reasons.every(({ cases }) => FAULT_CODES[cases[0]!.reason!])).toBe(true);
  });

  it.each(folders.filter((name) => name.startsWith('control-')))('%s is accepted', async (name) => {
    expect(await compile(name)).toMatchObject({ compiled: { head: 'sequence-classification' } });
  });
});
