export { type CompiledModel, type CompileOptions, compileModel, sourceOf } from './compile.js';
export type { CompileReport, Progress } from './report.js';
export { type Reference, referenceForward } from './reference/forward.js';
export type { ReferenceSequence } from './reference/model.js';
export { taskHandler } from './tasks/handlers.js';
export type { ForwardRow, GraphName, RowTensor, Sequence, ServedModel, TaskHandler } from './tasks/task.js';
export type { Encoding } from './tokenizer/encoding.js';
export { type EncodeOptions, openTokenizer, type Tokenizer, verifyTokenizer } from './tokenizer/tokenizer.js';
