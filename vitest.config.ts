import swc from 'unplugin-swc';
import { defineConfig } from 'vitest/config';

const EVERY = [
  'libs/*/src/**/*.spec.ts',
  'apps/*/src/**/*.spec.ts',
  'apps/*/test/**/*.spec.ts',
  'scripts/**/*.spec.ts',
  'bench/**/*.spec.mjs',
  'chaos/**/*.spec.mjs',
];

/**
 * Specs that say how long something may take, how much memory, or how many statements: nothing runs beside them. Bounds
 * of a minute, which another file does not bring near, are none of these.
 */
const MEASURING = [
  'libs/artifacts/src/s3/*.spec.ts',
  'libs/checkpoint/src/{fixtures,memory}.spec.ts',
  'libs/checkpoint/src/pickle/limits.spec.ts',
  'libs/deberta/src/tokenizer/{resolve,tokenizer}.spec.ts',
  'libs/queue/src/{connections,failover,outages,signals}.spec.ts',
  'libs/runtime/src/runtime.spec.ts',
  'libs/store/src/database/database.spec.ts',
  'libs/store/src/deliveries/*.spec.ts',
  'libs/store/src/jobs/{dispatch,jobs,plans}.spec.ts',
  'libs/tuning/src/tuning.spec.ts',
  'libs/webhooks/src/client/{client,destination}.spec.ts',
  'libs/webhooks/src/guard/url.spec.ts',
  'apps/*/src/**/{batch-run,batcher,flows,inference-pool,lease,loop-turn,memory-watch,patience,tuner}.spec.ts',
  'apps/api/test/{bad-input,capacity,event-streams,keys,large-pages,rate-limit,slow-readers}.spec.ts',
  'apps/api/test/{submit,tokenize,uploads,waiting}.spec.ts',
  'apps/cli/test/{start,tune,up}.spec.ts',
  'apps/dispatcher/test/{batches,lost-window}.spec.ts',
  'apps/worker/test/{drain,event-loop,failover,fairness,kills,model-memory}.spec.ts',
  'apps/worker/test/{operating,tuning}.spec.ts',
  'bench/**/*.spec.mjs',
];

const plugins = [swc.vite({ module: { type: 'es6' } })];
const common = {
  pool: 'forks' as const,
  testTimeout: 120_000,
  hookTimeout: 120_000,
  // What is built is imported as it is: to transform it anew for each spec file takes longer than many a spec.
  server: { deps: { external: [/\/(apps|libs)\/[^/]+\/dist\//] } },
};

export default defineConfig({
  test: {
    // Of the whole run, once: projects that named it too would have servers of their own.
    globalSetup: './libs/testing/src/global-setup.ts',
    // Specs start real servers and run real models: more than two at a time only get into each other's way on two cores.
    projects: [
      {
        plugins,
        test: {
          ...common,
          name: 'together',
          include: EVERY,
          exclude: MEASURING,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        plugins,
        test: {
          ...common,
          name: 'alone',
          include: MEASURING,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
