export {
  type Config,
  ConfigError,
  type Environment,
  EXIT_CONFIG,
  foldersOf,
  inferenceChildren,
  layoutIsSet,
  loadConfig,
  openOrExit,
  orExit,
  readEnvironment,
} from './config.js';
export { assertUsableFolder, makeFolder } from './folders.js';
export { settingsAsMarkdown } from './markdown.js';
