export {
  accumulatorOptions,
  labelNames,
  type Measured,
  type MeasuringOptions,
  problemOf,
  type ReadingOptions,
} from './measuring.js';
export { evaluationParameters, exampleParameters } from './parameters.js';
export { columnOptions, formatOfFile, formatOfFiles, readOptions } from './reading.js';
