export { type ArtifactLocation, artifactsOf } from './artifacts.js';
export {
  type Config,
  EXIT_CONFIG,
  inferenceChildren,
  layoutIsSet,
  loadConfig,
  openOrExit,
  orExit,
  readEnvironment,
} from './config.js';
export { ConfigError } from './config-error.js';
export { foldersOf } from './data-folders.js';
export { assertUsableFolder, makeFolder } from './folders.js';
export { settingsAsMarkdown } from './markdown.js';
export type { Environment } from './settings.js';
