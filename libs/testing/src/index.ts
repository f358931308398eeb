export { TestClient } from './client.js';
export { messageOf, type ProcessName, startHeddle, type TestHeddle } from './heddle.js';
export { testManifest } from './manifest.js';
export { createTestDatabase, startTestPostgres, type TestDatabase, type TestPostgres } from './postgres.js';
export { startRedis, type TestRedis } from './redis.js';
export { redisServerPath } from './redis-server.js';
export { createTestFolder } from './test-folder.js';
export { waitFor } from './wait-for.js';
