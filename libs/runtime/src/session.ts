import { HeddleError, type Provider } from '@heddle/contracts';
import { env, InferenceSession, Tensor } from 'onnxruntime-node';
import { sessionProviders } from './provider/session-providers.js';

/** Of ONNX Runtime. */
export const RUNTIME_VERSION = env.versions.node!;

/**
 * How long a second thread looks for its part of the next node before it sleeps: as long as most nodes take that are not
 * shared, so it is not woken for each anew, and it costs nothing between passes.
 */
const SPIN_US = 50;

/** Tokens of one forward pass: [batch, length], row-major. */
export interface ForwardInput {
  inputIds: Int32Array;
  /** 1 = real token, 0 = padding. */
  attentionMask: Uint8Array;
  /** 0 or 1 by text of the pair; read by models with token types only. All 0 when absent. */
  typeIds?: Uint8Array;
  /** [n, 2]: row of the batch and token of each position whose answer is wanted; for models that ask for it. */
  positions?: Int32Array;
  batch: number;
  length: number;
  /** Outputs that are wanted; all of them when absent. */
  outputs?: string[];
}

/** One output of a forward pass, row-major. */
export interface OutputTensor {
  data: Float32Array;
  dims: number[];
  /** What each dimension counts: `batch`, `sequence`, `positions`, or a fixed size. */
  axes: (string | number)[];
}

export type ForwardOutput = Record<string, OutputTensor>;

export interface Session {
  /** Blocks the calling thread for the whole forward pass: only inference children may call it while serving. */
  run(input: ForwardInput): Promise<ForwardOutput>;
  close(): Promise<void>;
}

export interface SessionOptions {
  /** `cpu` when absent. */
  provider?: Provider;
  /** Number of the GPU, for cuda and tensorrt; 0 when absent. */
  device?: number;
  threads?: number;
  /**
   * Whether weights are laid out anew for faster passes, which takes as much memory again. Otherwise they stay in the
   * mapped file, whose pages the system can drop: for a session that runs a few times. True when absent.
   */
  prepack?: boolean;
}

/**
 * Opens an ONNX model. One thread by default: one child per core with one thread each is the faster use of the same
 * cores, and spinning threads collapse on shared ones. A provider that cannot be had is an error, never the CPU.
 * Errors: on the CPU `artifact-corrupt` when the file is missing or not a model; on others `model-unavailable`, as it
 * may as well be the device that is lost or full.
 */
export async function openSession(modelPath: string, options: SessionOptions = {}): Promise<Session> {
  const session = await create(modelPath, options);
  return {
    run: async (input) => {
      const names = input.outputs ?? [...session.outputNames];
      const outputs = await session.run(feeds(session, input), names);
      return Object.fromEntries(names.map((name) => [name, outputOf(session, name, outputs[name]!)]));
    },
    close: () => session.release(),
  };
}

/** Tensors of the inputs that the model declares. */
function feeds({ inputNames }: InferenceSession, input: ForwardInput): Record<string, Tensor> {
  const { inputIds, attentionMask, typeIds, positions = new Int32Array(0), batch, length } = input;
  const int64 = (values: Int32Array | Uint8Array, dims: number[]) => new Tensor('int64', widen(values), dims);
  const byName: Record<string, () => Tensor> = {
    input_ids: () => int64(inputIds, [batch, length]),
    attention_mask: () => int64(attentionMask, [batch, length]),
    token_type_ids: () => int64(typeIds ?? new Uint8Array(batch * length), [batch, length]),
    positions: () => int64(positions, [positions.length / 2, 2]),
  };
  return Object.fromEntries(
    inputNames.map((name) => {
      const feed = byName[name];
      if (!feed) throw new HeddleError('artifact-corrupt', `The model asks for an unknown input, ${name}.`);
      return [name, feed()];
    }),
  );
}

/** Values that are not negative as 64 bit integers: ten times as fast as by way of BigInt. */
function widen(values: Int32Array | Uint8Array): BigInt64Array {
  const wide = new BigInt64Array(values.length);
  const halves = new Int32Array(wide.buffer);
  // Little-endian, as everything that ONNX Runtime runs on.
  for (let i = 0; i < values.length; i++) halves[2 * i] = values[i]!;
  return wide;
}

function outputOf(session: InferenceSession, name: string, tensor: Tensor): OutputTensor {
  const metadata = session.outputMetadata.find((output) => output.name === name);
  const axes = metadata?.isTensor ? [...metadata.shape] : [];
  return { data: tensor.data as Float32Array, dims: [...tensor.dims], axes };
}

async function create(
  modelPath: string,
  { provider = 'cpu', device = 0, threads = 1, prepack = true }: SessionOptions,
): Promise<InferenceSession> {
  try {
    return await InferenceSession.create(modelPath, {
      executionProviders: sessionProviders(provider, device),
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      graphOptimizationLevel: 'all',
      logSeverityLevel: 3,
      // Patterns are kept for every size of a pass that ever came, and looked up again by each `If` of a pass.
      enableMemPattern: provider !== 'cpu',
      extra: {
        session: {
          intra_op: { allow_spinning: threads > 1 ? '1' : '0', spin_duration_us: String(SPIN_US) },
          disable_prepacking: prepack ? '0' : '1',
        },
      },
    });
  } catch (error) {
    if (provider === 'cpu') {
      throw new HeddleError('artifact-corrupt', 'The model file is missing or cannot be opened.', {
        cause: error,
      });
    }
    throw new HeddleError('model-unavailable', `The model cannot be opened on ${provider}.`, {
      cause: error,
    });
  }
}
