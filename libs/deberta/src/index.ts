export {
  COMPILER,
  type CompiledModel,
  type CompileOptions,
  type CompileWishes,
  compileModel,
  sourceOf,
} from './compile.js';
export { paddedLength } from './graph/positions/row-blocks.js';
export { type MainGraph, mainGraphs } from './main-graphs.js';
export { computeReference, type ReferenceProbe } from './reference/forward.js';
export type { CompileReport, Progress } from './report.js';
export { taskHandler } from './tasks/handlers.js';
export type { ForwardRow, GraphName, RowTensor, Sequence, ServedModel, TaskHandler } from './tasks/task.js';
export type { Encoding } from './tokenizer/encoding.js';
export { type EncodeOptions, openTokenizer, type Tokenizer, verifyTokenizer } from './tokenizer/tokenizer.js';
