/**
 * Runs every spec and ends with the slowest files and the line `N passed, N failed`. Arguments go to vitest:
 * `npm test -- libs/store`. A missing redis-server, S3 server, Vulkan device and Chromium are obtained first, so that the reason is
 * plain when that is impossible.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cephPrograms, chromiumPathIfAny, redisServerPath, vulkanEnvironment } from '@heddle/testing';

try {
  console.log(`redis-server: ${await redisServerPath()}`);
} catch (error) {
  console.error(`redis-server: ${error.message}\nSpecs that need it will fail.`);
}

try {
  await cephPrograms();
  console.log('S3 server: Ceph');
} catch (error) {
  console.error(`S3 server: ${error.message}\nSpecs that need it will fail.`);
}

try {
  const { VK_DRIVER_FILES = "the machine's own" } = await vulkanEnvironment();
  console.log(`Vulkan driver: ${VK_DRIVER_FILES}`);
} catch (error) {
  console.error(
    `Vulkan driver: ${error.message}\nSpecs that need it ${process.env.CI ? 'will fail' : 'are not run'}.`,
  );
}

try {
  const path = await chromiumPathIfAny();
  if (path) console.log(`Chromium: ${path}`);
} catch (error) {
  console.error(`Chromium: ${error.message}\nSpecs that need it will fail.`);
}

const folder = mkdtempSync(join(tmpdir(), 'heddle-report-'));
const report = join(folder, 'report.json');
const vitest = spawnSync(
  process.execPath,
  [
    'node_modules/vitest/vitest.mjs',
    'run',
    '--reporter=default',
    '--reporter=json',
    '--reporter=./scripts/slowest.mjs',
    `--outputFile.json=${report}`,
    ...process.argv.slice(2),
  ],
  { stdio: 'inherit' },
);

let passed = 0;
let failed = 0;
try {
  const results = JSON.parse(readFileSync(report, 'utf8'));
  passed = results.numPassedTests;
  // A file that cannot be loaded has no tests to fail: it counts as one.
  const broken = results.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  );
  failed = results.numFailedTests + broken.length;
} catch (error) {
  console.error(`The test run left no report: ${error.message}`);
  failed = 1;
}
rmSync(folder, { recursive: true });
if (vitest.status !== 0 && failed === 0) {
  console.error('Every test passed, but the run failed: see the unhandled errors above.');
  failed = 1;
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
