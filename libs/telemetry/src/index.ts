export { createLogger, type Logger } from './logger.js';
export { exitOnBugs, stopOnSignals } from './process-guard.js';
