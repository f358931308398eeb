import { loadConfig, orExit } from '@heddle/config';
import { createLogger, exitOnBugs, stopOnSignals } from '@heddle/telemetry';
import { openResources } from './resources.js';
import { createServer } from './server.js';

const config = orExit(() => loadConfig());
const logger = createLogger({
  process: 'api',
  level: config.env.HEDDLE_LOG_LEVEL,
  pretty: config.env.HEDDLE_PRETTY_LOGS,
});
exitOnBugs(logger);

const resources = await openResources(config, logger);
const app = await createServer(resources);
await app.listen(config.env.HEDDLE_PORT, config.env.HEDDLE_HOST);
const url = (await app.getUrl()).replace('[::1]', 'localhost');
stopOnSignals(logger, async () => {
  await app.close();
  await resources.store.close();
});
logger.info({ url }, 'api ready');
process.send?.({ type: 'ready', url });
