import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { buildVersion } from './build-version.js';

/** Tiny checkpoints of every family and head, with tokenizers: some of them, and all. */
const OWN = fileURLToPath(new URL('../../deberta/src/tasks/__fixtures__/pipelines', import.meta.url));
const SHARED = fileURLToPath(new URL('../../../../shared/fixtures/models', import.meta.url));

describe('every kind of model passes its verification', () => {
  it.each(readdirSync(OWN))('%s', (name) => passes(join(OWN, name)));
});

if (!existsSync(SHARED)) console.log('not run: ../shared/fixtures is missing');
describe.runIf(existsSync(SHARED))('all models', () => {
  it.each(existsSync(SHARED) ? readdirSync(SHARED) : [])('%s', (name) => passes(join(SHARED, name)));
});

async function passes(folder: string): Promise<void> {
  const workDir = await mkdtemp(join(tmpdir(), 'heddle-every-model-'));
  try {
    const { manifest, report } = await buildVersion(
      { source: { folder }, wishes: {}, workDir },
      () => undefined,
    );
    expect(report.parity.outputs.map(({ output }) => output).sort()).toEqual(
      [...manifest.onnx.outputs].sort(),
    );
    for (const { output, max_abs_difference, tolerance } of report.parity.outputs) {
      expect(max_abs_difference, output).toBeLessThan(tolerance / 10);
    }
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
}
