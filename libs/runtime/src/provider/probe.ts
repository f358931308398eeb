import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { HeddleError, type Provider } from '@heddle/contracts';
import { driverEnvironment } from './environment.js';
import { failureLine, reasonOf } from './failure.js';
import type { ProbeOutcome } from './probe-main.js';

const PROBE_MAIN = fileURLToPath(new URL('../../dist/provider/probe-main.js', import.meta.url));
/** Loading the libraries of NVIDIA from a cold disk takes tens of seconds; minutes mean a driver that hangs. */
const PROBE_TIMEOUT_MS = 120_000;

/**
 * Runs a small graph on the provider, in a process of its own because drivers may crash or hang. What is checked:
 * the provider is part of this onnxruntime-node, its libraries load, it finds a device, it takes every node of the
 * graph (the fallback to the CPU is forbidden), and computes what the CPU does.
 * @returns milliseconds it took.
 * @throws HeddleError `provider-unavailable`: one line that says what is missing and what to do.
 */
export async function probeProvider(
  provider: Provider,
  device = 0,
  env: NodeJS.ProcessEnv = process.env,
): Promise<number> {
  const started = performance.now();
  const { outcome, written, end } = await runProbe(provider, device, env);
  if (outcome?.ok) return performance.now() - started;
  const reason = outcome ? reasonOf(outcome.reason, written) : `its driver brought the probe down (${end})`;
  throw new HeddleError('provider-unavailable', failureLine(provider, device, reason));
}

interface ProbeEnd {
  /** Null when the process ended without a word. */
  outcome: ProbeOutcome | null;
  /** What the native library wrote. */
  written: string;
  /** How the process ended. */
  end: string;
}

function runProbe(provider: Provider, device: number, env: NodeJS.ProcessEnv): Promise<ProbeEnd> {
  const child = fork(PROBE_MAIN, [provider, String(device)], {
    env: driverEnvironment(provider, env),
    execArgv: [],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let outcome: ProbeOutcome | null = null;
  let written = '';
  let timedOut = false;
  child.on('message', (message) => {
    outcome = message as ProbeOutcome;
  });
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.on('data', (chunk: Buffer) => {
      written += chunk.toString();
    });
  }
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill('SIGKILL');
    }, PROBE_TIMEOUT_MS);
    child.once('error', (error) => {
      clearTimeout(timer);
      resolve({ outcome: { ok: false, reason: error.message }, written, end: '' });
    });
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      const end = timedOut ? `no answer in ${PROBE_TIMEOUT_MS / 1000} s` : (signal ?? `status ${code}`);
      resolve({ outcome, written, end });
    });
  });
}
