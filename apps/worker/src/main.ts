import 'reflect-metadata';
import { loadConfig, openOrExit, orExit } from '@heddle/config';
import { probeProvider } from '@heddle/runtime';
import { createLogger, exitOnBugs, serveMetrics, stopOnSignals, tellMetrics } from '@heddle/telemetry';
import { NestFactory } from '@nestjs/core';
import { drain } from './drain.js';
import { Heartbeat } from './heartbeat/heartbeat.js';
import { Imports } from './imports/imports.js';
import { Consumers } from './processor/consumers.js';
import { Engine } from './processor/engine.js';
import { openResources } from './resources.js';
import { Tuner } from './tuning/tuner.js';
import { WorkerModule } from './worker.module.js';

const config = orExit(() => loadConfig());
const logger = createLogger({
  process: 'worker',
  level: config.env.HEDDLE_LOG_LEVEL,
  pretty: config.env.HEDDLE_PRETTY_LOGS,
});
exitOnBugs(logger);

const { HEDDLE_PROVIDER: provider, HEDDLE_DEVICES: devices } = config.env;
await openOrExit(() => Promise.all(devices.map((device) => probeProvider(provider, device))));

const resources = await openOrExit(() => openResources(config, logger));
const app = await NestFactory.createApplicationContext(WorkerModule.with(resources), { logger: false });
const { HEDDLE_WORKER_METRICS_PORT: port, HEDDLE_HOST: host } = config.env;
const metrics =
  port === undefined ? undefined : await serveMetrics(resources.metrics.registry, { host, port }, logger);
tellMetrics(resources.metrics.registry, logger);
const stop = stopOnSignals(logger, async () => {
  if (metrics) metrics.isReady = false;
  await drain(app, resources);
  await metrics?.close();
});
app.get(Heartbeat).onDrainRequested = () => stop('an operator asked for it');
app.get(Engine).start();
// Until it is ready a dependency that goes away ends this process, and whoever started it does so again.
await openOrExit(async () => {
  await app.get(Heartbeat).start();
  await app.get(Consumers).start();
  await app.get(Imports).start();
  await app.get(Heartbeat).announce();
});
app.get(Tuner).start();
if (metrics) metrics.isReady = true;
logger.info({ worker: resources.workerId, provider }, 'worker ready');
process.send?.({ type: 'ready' });
