export { createLogger, type Logger } from './logger.js';
export { type Loop, logFailure, startLoop } from './loop.js';
export { exitOnBugs, stopOnSignals } from './process-guard.js';
