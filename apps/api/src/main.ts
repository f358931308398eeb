import { loadConfig, openOrExit, orExit } from '@heddle/config';
import { createLogger, exitOnBugs, stopOnSignals } from '@heddle/telemetry';
import { closeResources, openResources } from './resources.js';
import { createServer } from './server.js';

const config = orExit(() => loadConfig());
const logger = createLogger({
  process: 'api',
  level: config.env.HEDDLE_LOG_LEVEL,
  pretty: config.env.HEDDLE_PRETTY_LOGS,
});
exitOnBugs(logger);

const resources = await openOrExit(() => openResources(config, logger));
const server = await createServer(resources);
const url = await server.listen();
stopOnSignals(logger, async () => {
  await server.stop();
  await closeResources(resources);
});
logger.info({ url }, 'api ready');
process.send?.({ type: 'ready', url });
