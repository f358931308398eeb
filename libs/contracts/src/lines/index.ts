export * from './line-fault.js';
export * from './line-json.js';
export * from './line-message.js';
export * from './line-reader.js';
