export * from './call.js';
export * from './openai/index.js';
export * from './replicate/index.js';
