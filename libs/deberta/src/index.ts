export {
  COMPILER,
  type CompiledModel,
  type CompileOptions,
  type CompileWishes,
  compileModel,
  sourceOf,
} from './compile.js';
export { ABLATED_PARTS, type AblatedPart } from './config/ablation.js';
export type { Quantization } from './graph/context.js';
export { paddedLength } from './graph/positions/row-blocks.js';
export { FP16_FILE, INT8_FILE, RANGES_FILE } from './graph/write-graphs.js';
export { type MainGraph, mainGraphs } from './main-graphs.js';
export { computeReference, type ReferenceProbe } from './reference/forward.js';
export type { CompileReport, Progress } from './report.js';
export { taskHandler } from './tasks/handlers.js';
export { argmax, sigmoid, softmax, topIndices } from './tasks/scores.js';
export type { ForwardRow, GraphName, RowTensor, Sequence, ServedModel, TaskHandler } from './tasks/task.js';
export { tokenizeItem } from './tasks/tokenize.js';
export type { Encoding } from './tokenizer/encoding.js';
export { type EncodeOptions, openTokenizer, type Tokenizer, verifyTokenizer } from './tokenizer/tokenizer.js';
export { type AblationCompiler, openAblationCompiler } from './variants/ablation-compiler.js';
export { compileFp16, type Fp16Options } from './variants/fp16-compiler.js';
export {
  type GraphSeries,
  type Int8Compiler,
  type Int8Options,
  openInt8Compiler,
} from './variants/int8-compiler.js';
