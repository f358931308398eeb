export type { Checkpoint, TensorInfo } from './checkpoint.js';
export type { Dtype } from './dtypes.js';
export { openCheckpoint } from './open.js';
export { type PlainData, readTorchObject } from './torch/read-torch-object.js';
