import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';

/** What a process with these variables says of itself, and logs, when it has traced one request. */
function traced(env: Record<string, string>) {
  const script = `
    import { createRequire } from 'node:module';
    import { createLogger, openTracing } from '@heddle/telemetry';
    const logger = createLogger({ process: 'spec', level: 'warn', pretty: false });
    const warned = new Promise((resolve) => {
      const warn = logger.warn.bind(logger);
      logger.warn = (...line) => resolve(warn(...line));
    });
    const tracing = await openTracing({ process: 'spec', version: '0', logger });
    const span = tracing.begin('request', { parent: null, kind: 'server', isRoot: true, attributes: () => ({}) });
    const orphan = tracing.begin('work', { parent: null, kind: 'internal' });
    span.end();
    // What sends spans keeps no process alive.
    setInterval(() => undefined, 1_000);
    if (process.env.AWAITS_WARNING) await warned;
    await tracing.close();
    const isLoaded = Object.keys(createRequire(import.meta.url).cache).some((file) => file.includes('@opentelemetry/sdk'));
    console.log(JSON.stringify({ isLoaded, traceparent: span.traceparent, orphan: orphan.traceparent }));
    process.exit(0);`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH ?? '', ...env },
  });
  return {
    ...(JSON.parse(stdout) as { isLoaded: boolean; traceparent: string | null; orphan: null }),
    stderr,
  };
}

const NOBODY = 'http://127.0.0.1:9';
const OFF = { isLoaded: false, traceparent: null, orphan: null, stderr: '' };

it.each([
  ['no collector is named', {}],
  ['the SDK is disabled', { OTEL_EXPORTER_OTLP_ENDPOINT: NOBODY, OTEL_SDK_DISABLED: 'true' }],
  ['nothing exports', { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: NOBODY, OTEL_TRACES_EXPORTER: 'none' }],
])('traces nothing and loads nothing where %s', (_, env) => {
  expect(traced(env)).toEqual(OFF);
});

it('begins traces of requests alone, and outlives a collector that is away', () => {
  const { stderr, ...told } = traced({
    OTEL_EXPORTER_OTLP_ENDPOINT: NOBODY,
    AWAITS_WARNING: 'yes',
    OTEL_BSP_SCHEDULE_DELAY: '10',
    // So long it tries again.
    OTEL_EXPORTER_OTLP_TIMEOUT: '200',
  });
  expect(told).toEqual({
    isLoaded: true,
    traceparent: expect.stringMatching(/^00-[\da-f]{32}-[\da-f]{16}-01$/),
    orphan: null,
  });
  expect(stderr).toContain('traces are disturbed');
});
