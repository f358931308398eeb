import type { Dtype } from './dtypes.js';

export interface TensorInfo {
  dtype: Dtype;
  shape: readonly number[];
}

/** Named tensors of a checkpoint. Nothing of the data is in memory until a tensor is read. */
export interface Checkpoint {
  readonly names: readonly string[];
  /** Undefined when there is no tensor of that name. */
  info(name: string): TensorInfo | undefined;
  /**
   * Values in row-major order, widened to float32 (F64 is rounded). Throws `missing-tensors` for an unknown
   * name, `unsupported-weights` for a dtype that holds no floats, `model-nonfinite` for NaN or infinity.
   */
  read(name: string): Promise<Float32Array>;
  close(): Promise<void>;
}
