export { EVALUATED_TASKS, type EvaluatedTask } from './check-example.js';
export { convert } from './convert.js';
export { DETECTION_BYTES, detectFormat } from './detect/detect.js';
export type {
  DatasetFile,
  Example,
  Expected,
  ExpectedEntity,
  ExpectedRanking,
  SourceExample,
} from './example.js';
export { FORMATS, type Format, formatNamed, isReadWhole } from './formats/formats.js';
export type { ExpectedColumn, Mapping } from './formats/mapping.js';
export { parseMapping } from './formats/parse-mapping.js';
export { inModelLabels, type LabelNames, modelLabel } from './labels.js';
export { MAX_WHOLE_BYTES } from './limits.js';
export type { ConllOptions, CsvOptions, ReadOptions } from './options.js';
export { type DatasetReader, readDataset } from './read-dataset.js';
export type { Problem, ReadReport } from './report.js';
