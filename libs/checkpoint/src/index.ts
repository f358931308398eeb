export { type ExtractArchiveOptions, extractArchive } from './archive/extract.js';
export type { Checkpoint, TensorInfo } from './checkpoint.js';
export type { Dtype } from './dtypes.js';
export { type OpenCheckpointOptions, openCheckpoint } from './open.js';
export type { PlainData } from './torch/plain-data.js';
export { readTorchObject } from './torch/read-torch-object.js';
