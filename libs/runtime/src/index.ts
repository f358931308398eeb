export {
  type ChildExit,
  type InferenceChild,
  type InferenceChildOptions,
  startInferenceChild,
} from './inference-child.js';
export { killFirst } from './memory.js';
export { giveWay } from './priority.js';
export type { RunResult } from './protocol.js';
export { driverEnvironment, inferenceEnvironment } from './provider/environment.js';
export { probeProvider } from './provider/probe.js';
export {
  type ForwardInput,
  type ForwardOutput,
  type OutputTensor,
  openSession,
  RUNTIME_VERSION,
  type Session,
} from './session.js';
