import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openFolderStore } from '@heddle/artifacts';
import type { ImportProgress } from '@heddle/contracts';
import { computeReference } from '@heddle/deberta';
import { openSession } from '@heddle/runtime';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildInChild, type ImportControl } from './import-child.js';
import type { BuiltVersion, CheckpointSource, ImportWishes } from './protocol.js';
import { storeVersion } from './store-version.js';
import { measureBatching } from './verify/batching.js';
import { measureParity } from './verify/parity.js';

const MODELS = fileURLToPath(new URL('../../../models', import.meta.url));
const LIMITS = { memoryMib: 4_096, timeoutMs: 120_000 };

let folder: string;
let workDir: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'heddle-importing-'));
  workDir = join(folder, 'work');
  await mkdir(workDir);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const build = (
  source: CheckpointSource,
  control: Partial<ImportControl> = {},
  wishes: ImportWishes = {},
): Promise<BuiltVersion> => buildInChild({ source, wishes, workDir }, { ...LIMITS, ...control });
const sentiment = { folder: join(MODELS, 'sentiment') };

/** A copy of a shipped model with changes. */
async function copyOf(name: string, change: (dir: string) => Promise<void>): Promise<string> {
  const dir = join(folder, name);
  await cp(join(MODELS, name), dir, { recursive: true });
  await change(dir);
  return dir;
}

describe('an import', () => {
  it('builds a verified version, tells how far it is, and reports', async () => {
    const seen: ImportProgress[] = [];
    const { manifest, report, dir } = await build(sentiment, {
      onProgress: (progress) => seen.push(progress),
    });
    expect(manifest).toMatchObject({ labels: ['negative', 'positive'], maxTokens: 512, precision: 'fp32' });
    expect((await readdir(dir)).sort()).toEqual(Object.keys(manifest.files).sort());
    expect([...new Set(seen.map(({ stage }) => stage))]).toEqual(['importing', 'converting', 'verifying']);
    for (const [i, { stage, percent }] of seen.entries()) {
      const before = seen[i - 1];
      if (before?.stage === stage) expect(percent).toBeGreaterThanOrEqual(before.percent);
    }
    expect(report.files_read.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['config.json', 'model.safetensors', 'tokenizer.json']),
    );
    expect(report.files_ignored).toMatchObject([{ name: 'README.md' }]);
    expect(report.tensors_ignored).toEqual({ count: 0, names: [] });
    expect(report.parity).toMatchObject({ sequences: 2, tokens: 24, outputs: [{ output: 'logits' }] });
    for (const found of [...report.parity.outputs, ...report.batching]) {
      expect(found.max_abs_difference).toBeLessThan(1e-5);
      expect(found.max_abs_value).toBeGreaterThan(0);
    }
    expect(report.sizes.parameters).toBe(manifest.parametersCount);

    const artifacts = openFolderStore(join(folder, 'artifacts'));
    await storeVersion({ dir, manifest, report }, artifacts);
    for (const { sha256 } of Object.values(manifest.files)) expect(await artifacts.has(sha256)).toBe(true);
    expect(await readdir(dir)).toEqual([]);
  });

  it('follows its wishes', async () => {
    const wishes = { tasks: ['text-classification' as const], labels: ['bad', 'good'], maxTokens: 64 };
    const { manifest } = await build(sentiment, {}, wishes);
    expect(manifest).toMatchObject(wishes);
  });

  it.each<[string, ImportWishes, string]>([
    ['a task the head does not answer', { tasks: ['token-classification'] }, 'task-not-supported'],
    ['more labels than the model has', { labels: ['a', 'b', 'c'] }, 'invalid-config'],
    ['more tokens than the model takes', { maxTokens: 100_000 }, 'invalid-config'],
  ])('refuses %s', async (_, wishes, code) => {
    await expect(build(sentiment, {}, wishes)).rejects.toMatchObject({ code });
  });

  it('says what is wrong with a checkpoint', async () => {
    const dir = await copyOf('topic', async (copy) => {
      const config = JSON.parse(await readFile(join(copy, 'config.json'), 'utf8')) as object;
      await writeFile(join(copy, 'config.json'), JSON.stringify({ ...config, num_hidden_layers: 9 }));
    });
    const error = await build({ folder: dir }).catch((refusal: unknown) => refusal);
    expect(error).toMatchObject({ code: 'missing-tensors', message: expect.stringContaining('layer.4') });
    expect((error as { extra: { tensors: string[] } }).extra.tensors.length).toBeGreaterThan(50);
  });
});

describe('the limits of an import', () => {
  it('are memory', async () => {
    await expect(build(sentiment, { memoryMib: 60 })).rejects.toMatchObject({
      code: 'import-limits',
      message: expect.stringContaining('60 MiB'),
    });
  });

  it('are time', async () => {
    await expect(build(sentiment, { timeoutMs: 200 })).rejects.toMatchObject({ code: 'import-limits' });
  });

  it('are what its caller says', async () => {
    const controller = new AbortController();
    const building = build(sentiment, {
      signal: controller.signal,
      onProgress: () => controller.abort('enough'),
    });
    await expect(building).rejects.toBe('enough');
    await expect(build(sentiment, { signal: controller.signal })).rejects.toBe('enough');
  });

  it('do not include the life of its process: a death by itself is told apart', async () => {
    const building = build(sentiment, {
      onProgress: async ({ stage }) => {
        if (stage === 'verifying') process.kill((await ownChildren()).at(-1)!, 'SIGKILL');
      },
    });
    await expect(building).rejects.toMatchObject({ code: 'worker-crashed', message: /SIGKILL/ });
  });

  it('leave no process behind', async () => {
    const controller = new AbortController();
    const building = build(sentiment, { signal: controller.signal });
    await sleep(300);
    expect(await ownChildren()).toHaveLength(1);
    controller.abort('enough');
    await expect(building).rejects.toBe('enough');
    expect(await ownChildren()).toEqual([]);
  });
});

describe('the verification', () => {
  let built: BuiltVersion;
  let own: string;
  beforeAll(async () => {
    own = await mkdtemp(join(tmpdir(), 'heddle-importing-'));
    await mkdir(join(own, 'work'));
    built = await buildInChild({ source: sentiment, wishes: {}, workDir: join(own, 'work') }, LIMITS);
  });
  afterAll(() => rm(own, { recursive: true, force: true }));

  it('finds a graph that computes something else than the source weights say', async () => {
    const session = await openSession(join(built.dir, 'model.onnx'));
    const probes = await computeReference(sentiment.folder);
    await expect(measureParity(session, probes)).resolves.toMatchObject({ sequences: 2 });
    // A shift in one probe alone, as a wrong row of far distances would give.
    const { data } = probes[1]!.outputs.logits!;
    data[0]! += 0.01;
    await expect(measureParity(session, probes)).rejects.toMatchObject({
      code: 'quality-loss',
      message: expect.stringMatching(/^logits is 0\.0(1000|0999)/),
    });
    data[0] = Number.NaN;
    await expect(measureParity(session, probes)).rejects.toMatchObject({ code: 'quality-loss' });
    await session.close();
  });

  it('finds answers that depend on company, and answers that are not finite', async () => {
    const session = await openSession(join(built.dir, 'model.onnx'));
    const tampered = (value: number) => ({
      close: () => session.close(),
      run: async (input: Parameters<typeof session.run>[0]) => {
        const outputs = await session.run(input);
        if (input.batch === 2) outputs.logits!.data[1]! += value;
        return outputs;
      },
    });
    await expect(measureBatching(tampered(0), 64)).resolves.toMatchObject([{ output: 'logits' }]);
    await expect(measureBatching(tampered(0.1), 64)).rejects.toMatchObject({ code: 'quality-loss' });
    await expect(measureBatching(tampered(Number.NaN), 64)).rejects.toMatchObject({
      code: 'model-nonfinite',
    });
    await session.close();
  });
});

/** Process ids of the children of this process (Linux). */
async function ownChildren(): Promise<number[]> {
  const tasks = await readdir('/proc/self/task');
  const lists = await Promise.all(tasks.map((task) => readFile(`/proc/self/task/${task}/children`, 'utf8')));
  return lists.flatMap((list) => list.split(' ').filter(Boolean).map(Number));
}
