import type { Dtype } from './dtypes.js';
import type { PlainData } from './torch/plain-data.js';

export interface TensorInfo {
  dtype: Dtype;
  shape: readonly number[];
}

/** Named tensors of a checkpoint. Nothing of the data is in memory until a tensor is read. */
export interface Checkpoint {
  /** Names inside the folder of all files the tensors are read from, in a fixed order. */
  readonly files: readonly string[];
  readonly names: readonly string[];
  /** The model configuration that Microsoft's .bin files may hold beside the tensors, else null. */
  readonly config: PlainData;
  /** Undefined when there is no tensor of that name. */
  info(name: string): TensorInfo | undefined;
  /**
   * Values in row-major order, widened to float32 (F64 is rounded). Throws `missing-tensors` for an unknown
   * name, `unsupported-weights` for a dtype that holds no floats, `model-nonfinite` for NaN or infinity,
   * `invalid-weights` when the file turns out to be damaged.
   */
  read(name: string): Promise<Float32Array>;
  close(): Promise<void>;
}
