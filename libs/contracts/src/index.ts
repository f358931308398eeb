export * from './errors.js';
export * from './ids.js';
export * from './jobs.js';
export * from './limits.js';
export * from './models.js';
export * from './signals.js';
export * from './tasks.js';
export * from './text.js';
