/**
 * The probe's process: runs the probe graph on a provider and on the CPU, compares, and says how it went. Arguments:
 * provider, device.
 */
import type { Provider } from '@heddle/contracts';
import { PROBE_GRAPH } from './probe-graph.js';
import { sessionProviders } from './session-providers.js';

/** What the probe says; the parent adds what the native library wrote. */
export type ProbeOutcome = { ok: true } | { ok: false; reason: string };

/** NVIDIA GPUs multiply in TF32, with 10 bits of mantissa; a driver that computes wrongly is off by more. */
const TOLERANCE = 0.02;

const [provider, device] = [process.argv[2] as Provider, Number(process.argv[3])];
const outcome = await probe().catch(
  (error: unknown): ProbeOutcome => ({
    ok: false,
    reason: error instanceof Error ? error.message : String(error),
  }),
);
process.send!(outcome, () => process.exit(0));

async function probe(): Promise<ProbeOutcome> {
  // Loaded here, so that a runtime that cannot be loaded is a reason like any other.
  const ort = await import('onnxruntime-node');
  const built = ort.listSupportedBackends().map(({ name }) => name);
  if (!built.includes(provider)) {
    const platform = `${process.platform}/${process.arch}`;
    return {
      ok: false,
      reason: `onnxruntime-node has no ${provider} for ${platform}, only ${built.join(', ')}`,
    };
  }
  const got = await run(ort, provider);
  const want = provider === 'cpu' ? got : await run(ort, 'cpu');
  const off = Math.max(...want.map((value, i) => Math.abs(value - got[i]!)));
  return off <= TOLERANCE ? { ok: true } : { ok: false, reason: `it computes wrongly (off by ${off})` };
}

async function run(
  { InferenceSession, Tensor }: typeof import('onnxruntime-node'),
  on: Provider,
): Promise<Float32Array> {
  const session = await InferenceSession.create(PROBE_GRAPH, {
    executionProviders: sessionProviders(on, device),
    logSeverityLevel: 3,
    // Otherwise what a provider does not take goes to the CPU without a word; here every node must be taken.
    extra: { session: { disable_cpu_ep_fallback: on === 'cpu' ? '0' : '1' } },
  });
  const float32 = (size: number, dims: number[]) =>
    new Tensor(
      'float32',
      Float32Array.from({ length: size }, (_, i) => Math.sin(i + 1)),
      dims,
    );
  const { y } = await session.run({
    x: float32(16, [1, 4, 4]),
    kernel: float32(16, [4, 4, 1]),
    scale: float32(4, [4]),
  });
  return y!.data as Float32Array;
}
