export {
  type Config,
  ConfigError,
  EXIT_CONFIG,
  foldersOf,
  loadConfig,
  orExit,
  readEnvironment,
} from './config.js';
export { settingsAsMarkdown } from './markdown.js';
