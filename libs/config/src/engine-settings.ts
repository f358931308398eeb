import { PROVIDERS } from '@heddle/contracts';
import { z } from 'zod';
import { setting } from './setting.js';
import { count, devices, flag, MODEL_MEMORY_SHARE, milliseconds, usableMemoryMib } from './values.js';

/** Settings of a worker's engine: what runs forward passes, and how they are formed. */
export const ENGINE_SETTINGS = {
  HEDDLE_PROVIDER: setting(
    z.enum(PROVIDERS),
    'cpu',
    'What runs the models: `cpu`, `webgpu`, `cuda` or `tensorrt` ([running on a GPU](gpu.md)). A worker that cannot use it ends with status 78; it never falls back to the CPU.',
  ),
  HEDDLE_DEVICES: setting(
    devices,
    '0',
    'Numbers of the GPUs of `cuda` and `tensorrt`, such as `0,1`; the inference processes take them in turn.',
  ),
  HEDDLE_INFERENCE_CHILDREN: setting(
    count.max(256).optional(),
    undefined,
    'Inference processes of one worker; each runs one forward pass at a time.',
    'on `cpu` one per core, one fewer from four cores on, or what was [measured](tuning.md) to be better; else one per GPU',
  ),
  HEDDLE_INFERENCE_THREADS: setting(
    count.max(256).optional(),
    undefined,
    'Threads of one inference process, on `cpu`. More than one are for cores that nobody else uses ([tuning](tuning.md#one-request-at-a-time)).',
    '`1`, or what was [measured](tuning.md) to be better',
  ),
  HEDDLE_MODEL_MEMORY_MIB: setting(
    count.max(16 * 1024 * 1024),
    String(Math.max(1, Math.floor(usableMemoryMib() * MODEL_MEMORY_SHARE))),
    'Memory of the host that all inference processes of one worker take together, not that of GPUs. Beyond it the model versions that were used least recently are unloaded, and loaded again when they are asked for; versions that are in use at the same time are served also when they take more.',
    'half of the memory',
  ),
  HEDDLE_INFERENCE_TIMEOUT_MS: setting(
    milliseconds,
    '20000',
    'Longest forward pass; then the child is killed. Must be below HEDDLE_LEASE_MS.',
  ),
  HEDDLE_BATCH_TOKENS: setting(
    count.optional(),
    undefined,
    'Computed tokens (padding included) of one forward pass at most. More is slower where it outgrows the cache.',
    'what was [measured](tuning.md) to be best for the model version and the length of the texts; until then `1024`',
  ),
  HEDDLE_COMPETING_PASS_MS: setting(
    z.coerce.number().int().min(0),
    '30',
    'Milliseconds that a forward pass takes at most while several tenants have work, unless its first text alone takes longer: so long may one wait for a pass of another. A base-size model in int8 computes up to a fifth fewer tokens a second in passes of so few texts on a CPU core, a small one as many. 0 is no limit.',
  ),
  HEDDLE_AUTOTUNE: setting(
    flag,
    'true',
    'Whether a worker without work measures how each model version runs best on its machine ([tuning](tuning.md)). Plans that exist are followed in any case.',
  ),
} as const;
