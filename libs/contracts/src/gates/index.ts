export * from './evaluate.js';
export * from './gates.js';
