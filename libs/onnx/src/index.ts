export type { ExternalRange } from './external-data.js';
export {
  type Attribute,
  type Branch,
  DATA_TYPES,
  type DataType,
  type Dimension,
  type FloatType,
  type Graph,
  GraphBuilder,
  type Initializer,
  type Node,
  type Value,
} from './graph.js';
export { LARGEST_HALF, toHalves } from './half.js';
export {
  createModel,
  DATA_FILE,
  dataFileOf,
  type GraphWriter,
  MODEL_FILE,
  type ModelWriter,
  type WeightArray,
  type WeightValues,
} from './model-writer.js';
export { IR_VERSION, OPSET } from './serialize.js';
