import 'reflect-metadata';
import { loadConfig, openOrExit, orExit } from '@heddle/config';
import { createLogger, exitOnBugs, serveMetrics, stopOnSignals, tellMetrics } from '@heddle/telemetry';
import { NestFactory } from '@nestjs/core';
import { BatchesService } from './batches/batches.service.js';
import { CanariesService } from './canaries/canaries.service.js';
import { CollectionService } from './collection/collection.service.js';
import { DeliveriesService } from './deliveries/deliveries.service.js';
import { DispatchService } from './dispatch/dispatch.service.js';
import { DispatcherModule } from './dispatcher.module.js';
import { EvaluationsService } from './evaluations/evaluations.service.js';
import { PresenceService } from './presence/presence.service.js';
import { ReconcileService } from './reconcile/reconcile.service.js';
import { closeResources, openResources } from './resources.js';
import { RetentionService } from './retention/retention.service.js';
import { ScalingService } from './scaling/scaling.service.js';
import { ShadowsService } from './shadows/shadows.service.js';
import { StatsService } from './stats/stats.service.js';

const config = orExit(() => loadConfig());
const logger = createLogger({
  process: 'dispatcher',
  level: config.env.HEDDLE_LOG_LEVEL,
  pretty: config.env.HEDDLE_PRETTY_LOGS,
});
exitOnBugs(logger);

const resources = await openOrExit(() => openResources(config, logger));
const app = await NestFactory.createApplicationContext(DispatcherModule.with(resources), { logger: false });
const dispatch = app.get(DispatchService);
const reconcile = app.get(ReconcileService);
const presence = app.get(PresenceService);
const retention = app.get(RetentionService);
const scaling = app.get(ScalingService);
const shadows = app.get(ShadowsService);
const stats = app.get(StatsService);
const canaries = app.get(CanariesService);
const collection = app.get(CollectionService);
const batches = app.get(BatchesService);
const evaluations = app.get(EvaluationsService);
const deliveries = app.get(DeliveriesService);
// Reconcile first: a window that was lost while nobody watched is rebuilt before it is topped up.
await openOrExit(async () => {
  await reconcile.start();
  await dispatch.start();
  await presence.start();
  await deliveries.start();
});
retention.start();
collection.start();
canaries.start();
shadows.start();
scaling.start();
stats.start();
await batches.start();
await evaluations.start();
const { HEDDLE_DISPATCHER_METRICS_PORT: port, HEDDLE_HOST: host } = config.env;
const metrics =
  port === undefined ? undefined : await serveMetrics(resources.metrics, { host, port }, logger);
tellMetrics(resources.metrics, logger);
if (metrics) metrics.isReady = true;
stopOnSignals(logger, async () => {
  if (metrics) metrics.isReady = false;
  await Promise.all([
    batches.stop(),
    evaluations.stop(),
    dispatch.stop(),
    reconcile.stop(),
    presence.stop(),
    retention.stop(),
    collection.stop(),
    canaries.stop(),
    shadows.stop(),
    scaling.stop(),
    stats.stop(),
    deliveries.stop(),
  ]);
  await metrics?.close();
  await app.close();
  await closeResources(resources);
});
logger.info({}, 'dispatcher ready');
process.send?.({ type: 'ready' });
