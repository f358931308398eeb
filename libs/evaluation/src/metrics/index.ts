export { Accumulator, createAccumulator } from './accumulator.js';
export { entitiesOfTags, type TaggedEntity } from './entities/index.js';
export type {
  AccumulatorOptions,
  Confusion,
  Details,
  LabelQuality,
  Outcome,
  ProblemType,
  ReliabilityBin,
} from './metric.js';
export type { JudgedDocuments, Prediction, Reference, ReferenceEntity } from './prediction.js';
export type { Slice } from './slices.js';
export { kindOf, METRICS_BY_TASK, metricsOf, problemTypeOf } from './tasks.js';
