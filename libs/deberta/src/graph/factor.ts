/** The constant side of x·Wᵀ + b. */
export interface Factor {
  /** Of the stored tensors: `<name>.weight`, `<name>.bias`. */
  name: string;
  inputs: number;
  outputs: number;
  /** [outputs, inputs] */
  weights: () => Promise<Float32Array>;
  /** [outputs] */
  bias: () => Promise<Float32Array>;
}
