import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cpuFlags, cpuQuota, machineOf } from './machine.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'heddle-machine-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A root with these files of the kernel. */
async function rootWith(name: string, files: Record<string, string>): Promise<string> {
  const root = join(folder, name);
  await mkdir(root);
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  return root;
}

describe('a machine', () => {
  it('is its processor, provider, runtime and compiler, and threads that are set', () => {
    expect(machineOf('cpu')).toMatch(
      /, \d+ cores,( a quota of [\d.]+,)? cpu, onnxruntime \d+\.\d+\.\d+, heddle-deberta\/\d+$/,
    );
    expect(new Set([machineOf('cpu'), machineOf('webgpu'), machineOf('cpu', 2)]).size).toBe(3);
    for (const flag of cpuFlags()) expect(machineOf('cpu').split(', ')[0]).toContain(` ${flag}`);
  });

  it('has the instructions that kernels are chosen by', async () => {
    const root = await rootWith('flags', {
      'proc/cpuinfo': 'model name\t: AMD EPYC\nflags\t\t: fpu avx avx2 avx512_vnni avx512fp16\nbugs\t\t:\n',
    });
    expect(cpuFlags(root)).toEqual(['avx2', 'avx512_vnni']);
    // As on arm64, whose lines are others, and where there is no such file.
    const arm = await rootWith('arm', { 'proc/cpuinfo': 'Features\t: fp asimd\n' });
    expect([cpuFlags(arm), cpuFlags(join(folder, 'nowhere'))]).toEqual([[], []]);
  });
});

describe('the quota of a machine', () => {
  it('is that of a container', async () => {
    const files = { 'proc/self/cgroup': '0::/\n' };
    const half = await rootWith('half', { ...files, 'sys/fs/cgroup/cpu.max': '50000 100000\n' });
    expect(cpuQuota(half)).toBe(0.5);
    const none = await rootWith('none', { ...files, 'sys/fs/cgroup/cpu.max': 'max 100000\n' });
    expect([cpuQuota(none), cpuQuota(join(folder, 'nowhere'))]).toEqual([null, null]);
  });

  it('is the least of the groups that hold it', async () => {
    const root = await rootWith('nested', {
      'proc/self/cgroup': '1:cpu:/other\n0::/system.slice/heddle.service\n',
      'sys/fs/cgroup/system.slice/cpu.max': '150000 100000\n',
      'sys/fs/cgroup/system.slice/heddle.service/cpu.max': '400000 100000\n',
    });
    expect(cpuQuota(root)).toBe(1.5);
  });
});
