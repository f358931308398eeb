export * from './batch.js';
export * from './batch-lines.js';
export * from './classifications.js';
export * from './embeddings.js';
export * from './errors.js';
export * from './list.js';
export * from './moderations.js';
