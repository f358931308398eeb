import { DEFAULT_POOL, POOL_NAME } from '@heddle/contracts';
import { z } from 'zod';
import { setting } from './setting.js';
import { count, servedModels } from './values.js';

const seconds = z.coerce.number().min(1).max(86_400);

/** Settings of fleets: which workers belong together, what they serve, and how many there should be. */
export const FLEET_SETTINGS = {
  HEDDLE_POOL: setting(
    z.string().regex(POOL_NAME, 'must be lower-case letters, digits and "-", 63 at most'),
    DEFAULT_POOL,
    'The [pool](scaling.md) that a worker belongs to.',
  ),
  HEDDLE_POOL_MODELS: setting(
    servedModels.optional(),
    undefined,
    'Names of the models that a worker serves, such as `topic,nli`; the same for all workers of a pool.',
    'all models',
  ),
  HEDDLE_UNLOAD_AFTER_S: setting(
    z.coerce.number().int().min(0).max(2_592_000),
    '0',
    'Seconds after which a worker unloads a model version that nobody asked for and that is not `warm`; it is loaded again when it is asked for. With it no version is loaded ahead of its first request, but those that are `warm`. 0 is never.',
  ),
  HEDDLE_SCALE_TARGET_WAIT_S: setting(
    seconds,
    '30',
    'Time in which the workers of a pool should be able to do all that waits: what `desired_workers` aims at ([scaling](scaling.md)).',
  ),
  HEDDLE_SCALE_UTILIZATION: setting(
    z.coerce.number().min(0.05).max(1),
    '0.8',
    'Part of their time for which `desired_workers` lets workers be busy with what arrives.',
  ),
  HEDDLE_SCALE_HOLD_S: setting(
    seconds,
    '300',
    'How long fewer workers must have been enough before `desired_workers` falls.',
  ),
  HEDDLE_SCALE_IDLE_S: setting(
    seconds,
    '600',
    'How long a pool must have had no work before `desired_workers` falls to HEDDLE_SCALE_MIN_WORKERS.',
  ),
  HEDDLE_SCALE_MIN_WORKERS: setting(
    z.coerce.number().int().min(0).max(10_000),
    '1',
    'The least that `desired_workers` says, of each pool. 0 lets pools without work have none.',
  ),
  HEDDLE_SCALE_MAX_WORKERS: setting(
    count.max(10_000),
    '100',
    'The most that `desired_workers` says, of each pool.',
  ),
} as const;
