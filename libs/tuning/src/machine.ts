import { availableParallelism, cpus } from 'node:os';
import type { Provider } from '@heddle/contracts';
import { COMPILER } from '@heddle/deberta';
import { RUNTIME_VERSION } from '@heddle/runtime';

/**
 * What a plan depends on besides its version, as one text: machines with the same text run versions alike. `threads` of
 * an inference process, where they are set and not chosen.
 */
export function machineOf(provider: Provider, threads?: number): string {
  return [
    cpus()[0]?.model.trim() || 'unknown processor',
    process.arch,
    `${availableParallelism()} cores`,
    provider,
    `onnxruntime ${RUNTIME_VERSION}`,
    COMPILER,
    ...(threads === undefined ? [] : [`${threads} threads`]),
  ].join(', ');
}
