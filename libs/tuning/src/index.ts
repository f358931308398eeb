export { machineOf } from './machine.js';
export { Tuning, type TuningOptions, type TuningSubject } from './tuning.js';
