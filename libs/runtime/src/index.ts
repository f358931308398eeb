export {
  type ChildExit,
  type InferenceChild,
  type InferenceChildOptions,
  startInferenceChild,
} from './inference-child.js';
export type { RunResult } from './protocol.js';
export {
  type ForwardInput,
  type ForwardOutput,
  type OutputTensor,
  openSession,
  type Session,
} from './session.js';
