export type { Page } from 'playwright-core';
export { startBrowser, type TestBrowser } from './browser.js';
export { cephPrograms } from './ceph.js';
export { changeTensors } from './change-tensors.js';
export { chromiumPathIfAny } from './chromium.js';
export { TestClient } from './client.js';
export { signIn, startDashboard, type TestDashboard, type Visit } from './dashboard.js';
export { documentedMetrics } from './documented-metrics.js';
export { mutate } from './fuzz/mutate.js';
export { Random } from './fuzz/random.js';
export { messageOf, type ProcessName, startHeddle, type TestHeddle } from './heddle.js';
export { testManifest } from './manifest.js';
export { createMigratedDatabase } from './migrated-database.js';
export { addOutlierChannels, addOutlierEmbeddings } from './outlier-channels.js';
export {
  createTestDatabase,
  startTestPostgres,
  type TestDatabase,
  type TestPostgres,
  testDatabase,
} from './postgres.js';
export { childrenOf, memoryOf, ownMemoryOf } from './processes.js';
export { promtoolPathIfAny } from './promtool.js';
export { type Python, pythonWith } from './python.js';
export { freePort, startRedis, type TestRedis } from './redis.js';
export { startRedisCluster, startRedisSentinel, type TestRedisGroup } from './redis-groups.js';
export { redisServerPath } from './redis-server.js';
export { startS3, type TestS3 } from './s3.js';
export { screenFaults } from './screen-faults.js';
export { copyOf, setUpHeddle, type TestSetup } from './setup.js';
export { shellPathIfAny } from './shells.js';
export { createTestFolder } from './test-folder.js';
export { type VulkanEnvironment, vulkanEnvironment, vulkanEnvironmentIfAny } from './vulkan.js';
export { waitFor } from './wait-for.js';
export { testBeat } from './worker-beat.js';
export { type ZipFile, zip } from './zip.js';
