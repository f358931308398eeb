export { type BoardQueue, openQueueBoard, type QueueBoard } from './board.js';
export { openWorkQueue } from './consumer.js';
export { openDispatchQueue } from './dispatch-queue.js';
export * from './queue.js';
export { type CountedSignals, openSignals } from './signals.js';
