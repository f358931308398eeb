import { HeddleError } from '@heddle/contracts';
import { InferenceSession, Tensor } from 'onnxruntime-node';

/** Tokens of one forward pass: [batch, length], row-major. */
export interface ForwardInput {
  inputIds: Int32Array;
  /** 1 = real token, 0 = padding. */
  attentionMask: Uint8Array;
  batch: number;
  length: number;
}

export interface ForwardOutput {
  logits: Float32Array;
  /** [batch, labels] or [batch, length, labels]. */
  shape: number[];
}

export interface Session {
  /** Blocks the calling thread for the whole forward pass: only inference children may call it while serving. */
  run(input: ForwardInput): Promise<ForwardOutput>;
  close(): Promise<void>;
}

/**
 * Opens an ONNX model on the CPU. One thread by default: one child per core with one thread each is the faster
 * use of the same cores, and spinning threads collapse on shared ones.
 * Errors: `artifact-corrupt` when the file is missing or not a model.
 */
export async function openSession(modelPath: string, options: { threads?: number } = {}): Promise<Session> {
  const session = await create(modelPath, options.threads ?? 1);
  return {
    run: async ({ inputIds, attentionMask, batch, length }) => {
      const dims = [batch, length];
      const outputs = await session.run({
        input_ids: new Tensor('int64', BigInt64Array.from(inputIds, BigInt), dims),
        attention_mask: new Tensor('int64', BigInt64Array.from(attentionMask, BigInt), dims),
      });
      const logits = outputs.logits!;
      return { logits: logits.data as Float32Array, shape: [...logits.dims] };
    },
    close: () => session.release(),
  };
}

async function create(modelPath: string, threads: number): Promise<InferenceSession> {
  try {
    return await InferenceSession.create(modelPath, {
      executionProviders: ['cpu'],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      graphOptimizationLevel: 'all',
      logSeverityLevel: 3,
      extra: { session: { intra_op: { allow_spinning: '0' } } },
    });
  } catch (error) {
    throw new HeddleError('artifact-corrupt', 'The model file is missing or cannot be opened.', {
      cause: error,
    });
  }
}
