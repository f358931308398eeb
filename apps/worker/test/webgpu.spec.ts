import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { LabelScore } from '@heddle/contracts';
import { messageOf, startHeddle, TestClient, type TestHeddle, vulkanEnvironmentIfAny } from '@heddle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const WORKER = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const vulkan = await vulkanEnvironmentIfAny();
const INPUTS = [
  'A joy from start to end.',
  'I want my money back. Two hours of nothing, badly lit and badly played.',
];
/** Scores lie in [0, 1]; float32 on other kernels. */
const TOLERANCE = 1e-4;
/** A driver without a GPU compiles kernels slowly: the first forward pass takes seconds. */
const PATIENCE = { HEDDLE_INFERENCE_TIMEOUT_MS: '100000', HEDDLE_LEASE_MS: '120000' };

describe.runIf(vulkan)('a worker on webgpu', () => {
  let heddle: TestHeddle;
  let client: TestClient;
  let onCpu: ChildProcess | undefined;
  beforeAll(async () => {
    heddle = await startHeddle({ env: { HEDDLE_PROVIDER: 'webgpu', ...PATIENCE, ...vulkan } });
    client = new TestClient(heddle.url, heddle.key);
  });
  afterAll(async () => {
    if (onCpu?.exitCode === null) {
      onCpu.kill('SIGTERM');
      await once(onCpu, 'exit');
    }
    await heddle?.stop();
  });

  const scores = async (): Promise<Map<string, number>[]> => {
    const job = await client.run({ model: 'sentiment', task: 'text-classification', inputs: INPUTS });
    expect(job, heddle.logs()).toMatchObject({ status: 'succeeded', counts: { failed: 0 } });
    return job.results!.map(({ output }) => {
      const { labels } = output as { labels: LabelScore[] };
      return new Map(labels.map(({ label, score }) => [label, score]));
    });
  };

  it('answers like one on the CPU', async () => {
    const got = await scores();
    await heddle.kill('worker');
    onCpu = fork(WORKER, {
      env: {
        PATH: process.env.PATH,
        HEDDLE_DATABASE_URL: heddle.database.url,
        HEDDLE_DATA_DIR: heddle.dataDir,
        HEDDLE_LOG_LEVEL: 'warn',
      },
    });
    await messageOf(onCpu, 'ready');
    const want = await scores();
    expect(got).toHaveLength(INPUTS.length);
    for (const [i, byLabel] of want.entries()) {
      expect([...got[i]!.keys()].sort()).toEqual([...byLabel.keys()].sort());
      for (const [label, score] of byLabel) {
        expect(Math.abs(got[i]!.get(label)! - score), label).toBeLessThan(TOLERANCE);
      }
    }
    // Other kernels round otherwise: the very same numbers would mean that the CPU has computed both.
    expect(got).not.toEqual(want);
  });
});
