export * from './call.js';
export * from './cohere/index.js';
export * from './huggingface/index.js';
export * from './oip/index.js';
export * from './openai/index.js';
export * from './replicate/index.js';
export * from './shared/index.js';
export * from './tei/index.js';
