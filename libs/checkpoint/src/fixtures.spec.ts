import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FAULT_CODES } from '@heddle/contracts';
import { describe, expect, it } from 'vitest';
import { readAll, withCheckpoint } from '../test/checkpoint-folder.js';

/** A few fixtures lie here; all of them beside the repository, where they are shared by its checkouts. */
const ROOTS: [string, string][] = [
  ['the copies', fileURLToPath(new URL('./__fixtures__', import.meta.url))],
  ['../shared/fixtures', fileURLToPath(new URL('../../../../shared/fixtures', import.meta.url))],
];

/** Wrong for their configuration alone: the weights by themselves are sound. */
const SOUND_WEIGHTS =
  /^(control-.*|shape-.*|missing-.*|v3-weights-as-v1|st-prototype-key|config-.*|spm-.*|tokenizer-.*)$/;

/** Relative distance from the same model in float32: rounding to 11 and to 8 significant bits. */
const HALF = 2 ** -11;
const BRAIN = 2 ** -8;
/** Folder → folder with the same model in safetensors, and how far apart they may be. */
const SAME: Record<string, [string, number]> = {
  'bin-legacy-f32': ['safetensors-f32', 0],
  'bin-parameters': ['safetensors-f32', 0],
  'bin-protocol4': ['safetensors-f32', 0],
  'bin-sharded': ['safetensors-f32', 0],
  'bin-sharded-legacy': ['safetensors-f32', 0],
  'bin-zip-deflated': ['safetensors-f32', 0],
  'bin-zip-f32': ['safetensors-f32', 0],
  'both-containers': ['safetensors-f32', 0],
  'extra-keys': ['safetensors-f32', 0],
  'gamma-beta-bin': ['safetensors-f32', 0],
  'prefix-absent': ['prefix-present', 0],
  'prefix-bert-old-microsoft': ['safetensors-f32', 0],
  'prefix-present': ['safetensors-f32', 0],
  'safetensors-odd-but-valid': ['safetensors-f32', 0],
  'safetensors-sharded': ['safetensors-f32', 0],
  'safetensors-f16': ['safetensors-f32', HALF],
  'bin-zip-f16': ['safetensors-f16', 0],
  'safetensors-sharded-f16': ['safetensors-f16', 0],
  'safetensors-bf16': ['safetensors-f32', BRAIN],
  'bin-zip-bf16': ['safetensors-bf16', 0],
  'safetensors-mixed-dtypes': ['safetensors-f32', BRAIN],
  'gamma-beta-v1-safetensors': ['safetensors-v1', 0],
  'bin-legacy-f16-v1': ['safetensors-v1', HALF],
  'bin-tied-legacy': ['bin-tied', 0],
  'bin-views-legacy': ['bin-views', 0],
};
/** Heads and extras that one of two folders may have alone; the one bias that a fixture expands from a number. */
const MAY_BE_ABSENT = /^(classifier|pooler|extra|lm_predictions|mask_predictions)\.|position_|_weight$/;
const EXPANDED = 'encoder.layer.0.attention.output.dense.bias';

for (const [where, root] of ROOTS) {
  if (!existsSync(root)) console.log(`not run: ${where} is missing`);
  const folders = (kind: string) => (existsSync(join(root, kind)) ? readdirSync(join(root, kind)) : []);

  describe.runIf(existsSync(root))(`containers of ${where}`, () => {
    const containers = folders('containers');

    it.each(containers)('%s is read, all values finite', async (name) => {
      const values = await readFloats(join(root, 'containers', name));
      expect(values.size).toBeGreaterThan(30);
    });

    it.each(containers.filter((name) => SAME[name] && containers.includes(SAME[name][0])))(
      '%s holds the same model as its twin',
      async (name) => {
        const [twin, tolerance] = SAME[name]!;
        const actual = await readFloats(join(root, 'containers', name));
        const expected = await readFloats(join(root, 'containers', twin));
        const missing = [...expected.keys()].filter((tensor) => !actual.has(tensor));
        expect(missing.filter((tensor) => !MAY_BE_ABSENT.test(tensor))).toEqual([]);
        for (const [tensor, values] of actual) {
          if (!expected.has(tensor) && MAY_BE_ABSENT.test(tensor)) continue;
          expect(farthest(values, expected.get(tensor)!), tensor).toBeLessThanOrEqual(tolerance);
        }
      },
    );

    it.runIf(containers.includes('bin-views'))(
      'bin-views holds the same model but for one bias',
      async () => {
        const actual = await readFloats(join(root, 'containers/bin-views'));
        const expected = await readFloats(join(root, 'containers/safetensors-f32'));
        for (const [tensor, values] of expected) {
          if (tensor === EXPANDED) expect(new Set(actual.get(tensor)).size).toBe(1);
          else expect(farthest(actual.get(tensor)!, values), tensor).toBe(0);
        }
      },
    );

    it.runIf(containers.includes('bin-tied'))('bin-tied holds its decoder twice', async () => {
      const values = await readFloats(join(root, 'containers/bin-tied'));
      const table = values.get('embeddings.word_embeddings.weight')!;
      const twins = [...values].filter(([, other]) => other.length === table.length);
      expect(twins).toHaveLength(2);
      expect(twins[1]![1]).toEqual(twins[0]![1]);
    });
  });

  describe.runIf(existsSync(root))(`hostile weights of ${where}`, () => {
    const hostile = folders('hostile');

    it.each(hostile.filter((name) => SOUND_WEIGHTS.test(name) && name !== 'missing-weights'))(
      '%s holds weights that are sound by themselves',
      async (name) => {
        expect((await readAll(join(root, 'hostile', name))).size).toBeGreaterThan(30);
      },
    );

    it.each(hostile.filter((name) => !SOUND_WEIGHTS.test(name)))('%s is refused', async (name) => {
      const dir = join(root, 'hostile', name);
      const refusal = JSON.parse(readFileSync(join(dir, 'manifest.json'), 'utf8')).cases[0];
      const files = await readdir(dir);
      const memory = process.memoryUsage().rss;
      const before = process.cpuUsage();
      await expect(readAll(dir)).rejects.toMatchObject({ code: FAULT_CODES[refusal.reason] });
      // A safety requirement, as are the memory and the absence of what the code in the file would create. Of the
      // processor's time, which nobody else on the machine makes longer.
      const { user, system } = process.cpuUsage(before);
      expect((user + system) / 1000).toBeLessThan(2000);
      expect(process.memoryUsage().rss - memory).toBeLessThan(256 * 1024 * 1024);
      expect(await readdir(dir)).toEqual(files);
      for (const place of [process.cwd(), tmpdir(), '/']) {
        for (const name of refusal.must_not_create) expect(await readdir(place)).not.toContain(name);
      }
    });
  });
}

/** Every float tensor by its name without prefix, in the spelling of today. */
async function readFloats(dir: string): Promise<Map<string, Float32Array>> {
  return withCheckpoint(dir, undefined, async (checkpoint) => {
    const values = new Map<string, Float32Array>();
    for (const name of checkpoint.names) {
      if (!/F/.test(checkpoint.info(name)!.dtype)) continue;
      const plain = name
        .replace(/^(deberta|bert)\./, '')
        .replace(/\.gamma$/, '.weight')
        .replace(/\.beta$/, '.bias');
      values.set(plain, await checkpoint.read(name));
    }
    return values;
  });
}

/** Largest relative distance of two tensors. */
function farthest(actual: Float32Array, expected: Float32Array): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  // Below the smallest normal half, distances are absolute.
  return actual.reduce(
    (worst, value, i) =>
      Math.max(worst, Math.abs(value - expected[i]!) / Math.max(Math.abs(expected[i]!), 2 ** -14)),
    0,
  );
}
