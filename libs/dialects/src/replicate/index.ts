export * from './input.js';
export * from './model.js';
export * from './prediction.js';
export * from './webhooks.js';
