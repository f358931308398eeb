import swc from 'unplugin-swc';
import { defineConfig } from 'vitest/config';

const EVERY = [
  'libs/*/src/**/*.spec.ts',
  'apps/*/src/**/*.spec.ts',
  'apps/*/test/**/*.spec.ts',
  'scripts/**/*.spec.mjs',
  'scripts/**/*.spec.ts',
  'infra/**/*.spec.ts',
  'bench/**/*.spec.mjs',
  'chaos/**/*.spec.mjs',
];

/**
 * Specs that bound within seconds what others on the machine make longer, or the memory of several processes: nothing runs
 * beside them. Bounds of a minute are none of these, nor is what a process or a database counts of itself: statements, rows,
 * bytes, the processor's time.
 */
const MEASURING = [
  'libs/queue/src/{failover,outages}.spec.ts',
  'libs/store/src/database/database.spec.ts',
  'libs/runtime/src/runtime.spec.ts',
  'libs/tuning/src/tuning.spec.ts',
  'apps/*/src/**/{inference-pool,memory-watch,tuner}.spec.ts',
  'apps/api/test/{capacity,event-streams,keys,large-pages,rate-limit,slow-readers,submit,tokenize}.spec.ts',
  'apps/cli/test/{tune,up}.spec.ts',
  'apps/dispatcher/test/lost-window.spec.ts',
  'apps/worker/test/{drain,event-loop,failover,model-memory,tuning}.spec.ts',
];

/**
 * Specs that change nothing of their process and watch nothing of it: files share processes, as to start one and to import
 * everything anew takes longer than most of them. Not those that look at its memory (fixtures, limits) or set its environment.
 */
const SHARING = [
  'libs/{checkpoint,client,config,contracts,deberta,dialects,evaluation,onnx,store}/src/**/!(database|fixtures|limits|cuda|webgpu|fp16-webgpu).spec.ts',
];

const plugins = [swc.vite({ module: { type: 'es6' } })];
const common = {
  pool: 'forks' as const,
  testTimeout: 120_000,
  hookTimeout: 120_000,
  // What is built is imported as it is: to transform it anew for each spec file takes longer than many a spec.
  server: { deps: { external: [/\/(apps|libs)\/[^/]+\/dist\//] } },
};

/** Specs start real servers and run real models: more than two at a time only get into each other's way on two cores. */
const beside = { maxWorkers: 2, sequence: { groupOrder: 0 } };

export default defineConfig({
  test: {
    // Of the whole run, once: projects that named it too would have servers of their own.
    globalSetup: './libs/testing/src/global-setup.ts',
    projects: [
      {
        plugins,
        test: { ...common, ...beside, name: 'sharing', include: SHARING, isolate: false },
      },
      {
        plugins,
        test: { ...common, ...beside, name: 'together', include: EVERY, exclude: [...MEASURING, ...SHARING] },
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
