import { readFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import type { Provider } from '@heddle/contracts';
import { COMPILER } from '@heddle/deberta';
import { RUNTIME_VERSION } from '@heddle/runtime';

/** Instructions that decide which of ONNX Runtime's kernels run, as Linux names them. */
const CPU_FLAGS = ['avx2', 'avx512f', 'avx512_vnni', 'avx_vnni', 'amx_int8', 'amx_bf16'];

/**
 * What a plan depends on besides its version, as one text: machines with the same text run versions alike. `threads` of
 * an inference process, where they are set and not chosen.
 */
export function machineOf(provider: Provider, threads?: number): string {
  const quota = cpuQuota();
  return [
    [cpus()[0]?.model.trim() || 'unknown processor', ...cpuFlags()].join(' '),
    process.arch,
    `${availableParallelism()} cores`,
    ...(quota === null ? [] : [`a quota of ${quota}`]),
    provider,
    `onnxruntime ${RUNTIME_VERSION}`,
    COMPILER,
    ...(threads === undefined ? [] : [`${threads} threads`]),
  ].join(', ');
}

/** Those of CPU_FLAGS that the processor has, for models may be named as vaguely as "AMD EPYC". None but on Linux, x64. */
export function cpuFlags(root = '/'): string[] {
  const flags = /^flags\s*:(.*)$/m.exec(read(root, 'proc/cpuinfo'))?.[1]?.split(' ') ?? [];
  return CPU_FLAGS.filter((flag) => flags.includes(flag));
}

/**
 * Cores' worth of time that this process may take, by the strictest of its control groups (version 2); null when none
 * limits it. A container sees its own group as the root.
 */
export function cpuQuota(root = '/'): number | null {
  const group = /^0::(.*)$/m.exec(read(root, 'proc/self/cgroup'))?.[1] ?? '/';
  const names = group.split('/').filter((name) => name !== '');
  const groups = [...names.keys(), names.length].map((depth) => names.slice(0, depth).join('/'));
  const quotas = groups.flatMap((path) => {
    const [quota, period] = read(root, join('sys/fs/cgroup', path, 'cpu.max'))
      .trim()
      .split(' ');
    return quota && period && quota !== 'max' ? [Number(quota) / Number(period)] : [];
  });
  return quotas.length === 0 ? null : Math.min(...quotas);
}

/** Empty where the system has no such file. */
function read(root: string, path: string): string {
  try {
    return readFileSync(join(root, path), 'utf8');
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) return '';
    throw error;
  }
}
