import { join } from 'node:path';
import { openFolderStore } from '@heddle/artifacts';
import { startHeddle, type TestHeddle } from '@heddle/testing';
import { machineOf } from '@heddle/tuning';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { heddle } from './cli.js';

let system: TestHeddle;
let env: Record<string, string>;
beforeAll(async () => {
  system = await startHeddle();
  env = { HEDDLE_DATABASE_URL: system.database.url, HEDDLE_DATA_DIR: system.dataDir };
});
afterAll(() => system.stop());

describe('tune', () => {
  it('says what was not measured', async () => {
    const { status, stdout } = await heddle(['tune'], { env });
    expect(status).toBe(0);
    expect(stdout).toContain(`machine: ${machineOf('cpu')}\n`);
    for (const model of ['ner', 'nli', 'sentiment', 'topic']) {
      expect(stdout).toMatch(new RegExp(`^${model}@1: not measured yet; .* tune --redo`, 'm'));
    }
  });

  it('measures a version now, and shows its plan for this machine alone', async () => {
    const redo = await heddle(['tune', 'sentiment@1', '--redo'], { env });
    expect([redo.status, redo.stderr]).toEqual([0, expect.stringMatching(/^sentiment@1: measuring …$/m)]);
    expect(redo.stdout).toMatch(
      /^sentiment@1: (skew|gather), (1|2) process(es)? with (1|2) threads?( \(not compared\))?; measured 20/m,
    );
    for (const length of [16, 32, 64, 128, 256, 512]) {
      expect(redo.stdout).toMatch(
        new RegExp(`^ +up to ${length} +\\d+ +\\d+ +(\\d+\\.\\d\\d×|not measured)$`, 'm'),
      );
    }

    const json = await heddle(['tune', 'sentiment', 'topic', '--json'], { env });
    const { machine, versions } = JSON.parse(json.stdout);
    expect(machine).toBe(machineOf('cpu'));
    expect(versions).toMatchObject([
      { model: 'sentiment', version_number: 1, owner: 'library', plan: { machine } },
      { model: 'topic', plan: null },
    ]);
    expect(versions[0].plan.measured.length).toBeGreaterThan(20);

    // Another machine, as far as plans go.
    const other = await heddle(['tune', 'sentiment'], { env: { ...env, HEDDLE_INFERENCE_THREADS: '2' } });
    expect(other.stdout).toContain('sentiment@1: not measured yet');
  });

  it('goes on where a version cannot be measured, and says so in the end', async () => {
    const [file] = await system.database.query<{ sha256: string }>(
      `SELECT manifest->'files'->'model.onnx'->>'sha256' AS sha256
       FROM versions JOIN models ON models.id = versions.model_id WHERE models.name = 'sentiment'`,
    );
    await openFolderStore(join(system.dataDir, 'artifacts')).remove(file!.sha256);
    const { status, stdout, stderr } = await heddle(['tune', 'sentiment', 'topic', '--redo'], {
      // Where the worker has none of its files.
      env: { ...env, HEDDLE_CACHE_DIR: join(system.dataDir, 'another-cache') },
    });
    expect(status).toBe(5);
    expect(stderr).toMatch(
      /^sentiment@1: cannot be measured: artifact-corrupt: Artefact \w+ is not in the store\.$/m,
    );
    expect(stderr).toMatch(/^topic@1: \d+ sizes of forward passes measured/m);
    expect(stdout).toMatch(/^topic@1: \w+, .*; measured 20/m);
  });

  it('says what is missing of the provider before it measures', async () => {
    const { status, stdout, stderr } = await heddle(['tune', '--redo'], {
      env: { ...env, HEDDLE_PROVIDER: 'webgpu', VK_DRIVER_FILES: '/nonexistent.json' },
    });
    expect([status, stdout]).toEqual([78, '']);
    expect(stderr).toMatch(
      /^provider-unavailable: HEDDLE_PROVIDER=webgpu cannot be used here: .*HEDDLE_PROVIDER=cpu\.\n$/,
    );
  });

  it('knows what there is', async () => {
    const { status, stderr } = await heddle(['tune', 'sentiment@7'], { env });
    expect([status, stderr]).toEqual([
      4,
      'not-found: There is no model or version "sentiment@7" that can be served.\n',
    ]);
    const help = await heddle(['tune', '--help'], { env });
    expect(help.stdout).toMatch(/Example: .* tune sentiment --redo/);
  });
});
