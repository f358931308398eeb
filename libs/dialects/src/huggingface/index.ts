export * from './answer.js';
export * from './body.js';
export * from './call.js';
export * from './errors.js';
export * from './kinds.js';
