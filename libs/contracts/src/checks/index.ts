export * from './cost.js';
export * from './inputs.js';
export * from './item-texts.js';
export * from './json-values.js';
export * from './output-size.js';
export * from './validate.js';
