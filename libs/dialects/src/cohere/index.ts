export * from './classify.js';
export * from './embed.js';
export * from './errors.js';
export * from './meta.js';
export * from './rerank.js';
