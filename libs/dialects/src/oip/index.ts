export * from './answer.js';
export * from './call.js';
export * from './errors.js';
export * from './form.js';
export { readTensors } from './read-tensors.js';
export * from './request.js';
