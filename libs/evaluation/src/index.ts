export * from './ablation/index.js';
export * from './attention/index.js';
export * from './datasets/index.js';
export * from './measuring/index.js';
export * from './metrics/index.js';
export * from './report/index.js';
