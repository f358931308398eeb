import swc from 'unplugin-swc';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  plugins: [swc.vite({ module: { type: 'es6' } })],
  test: {
    include: [
      'libs/*/src/**/*.spec.ts',
      'apps/*/src/**/*.spec.ts',
      'apps/*/test/**/*.spec.ts',
      'scripts/**/*.spec.ts',
      'bench/**/*.spec.mjs',
      'chaos/**/*.spec.mjs',
    ],
    // Specs start real servers and run real models; two cores carry one file at a time best.
    fileParallelism: false,
    pool: 'forks',
    globalSetup: './libs/testing/src/global-setup.ts',
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
