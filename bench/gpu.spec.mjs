import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vulkanEnvironmentIfAny } from '@heddle/testing';
import { expect, it } from 'vitest';
import { SHAPES } from './generate-checkpoint.mjs';
import { measureGpu } from './gpu.mjs';

const SHAPE = { ...SHAPES['v3-base'], layers: 1, hidden: 64, heads: 1, intermediate: 64 };
const vulkan = await vulkanEnvironmentIfAny();

it.runIf(vulkan)(
  'the bench of GPUs measures what answers as the CPU does',
  { timeout: 240_000 },
  async () => {
    Object.assign(process.env, vulkan);
    const folder = await mkdtemp(join(tmpdir(), 'heddle-bench-gpu-'));
    try {
      const batches = ['2x8'];
      const what = { shape: SHAPE, batches, providers: ['webgpu'], python: false, rounds: 1, ms: 0 };
      const { differences, failures, results } = await measureGpu(folder, what);
      // SwiftShader has no half precision, and what has none is not measured.
      const halves = 'heddle webgpu fp16';
      if (!(halves in differences)) expect(failures[halves]).toContain('requires f16');
      expect(differences['heddle webgpu fp32']).toBeLessThan(1e-3);
      expect(Object.keys(results)).toEqual(batches);
      for (const shape of Object.values(results)) {
        expect(Object.keys(shape)).toEqual(Object.keys(differences));
        for (const { tokens_per_second } of Object.values(shape))
          expect(tokens_per_second).toBeGreaterThan(0);
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  },
);
