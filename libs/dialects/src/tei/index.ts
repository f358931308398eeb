export * from './embed.js';
export * from './errors.js';
export * from './headers.js';
export * from './info.js';
export * from './predict.js';
export * from './rerank.js';
export * from './tokens.js';
