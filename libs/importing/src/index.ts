export { buildInChild, type ImportControl, type ImportLimits } from './import-child.js';
export type { BuiltVersion, CheckpointSource, ImportWishes } from './protocol.js';
export { restoreVersion, storeVersion } from './store-version.js';
