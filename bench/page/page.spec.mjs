import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { performanceAsMarkdown, readRemarks, readReports } from './page.mjs';

/** Cells of a target's row. */
function rowOf(page, what) {
  const row = page.split('\n').find((line) => line.startsWith(`| ${what}`));
  return row
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());
}

const THROUGHPUT = 'throughput of the whole machine';
/** Of peers with Python: all shapes with the same ratio. */
function peersWith(ratio) {
  const of = { throughput: { ratio }, latency: { ratio } };
  const result = (one_process_mib) => ({
    layout: '2 × 1',
    tokens_per_second: 100,
    spread: [90, 110],
    latency_ms: 10,
    memory_mib: 2 * one_process_mib,
    one_process_mib,
  });
  const mixed = (real_tokens_per_second, padded_share) => ({
    layout: '2 × 1',
    real_tokens_per_second,
    spread: [1, 2],
    padded_share,
  });
  return {
    date: '2026-01-01',
    machine: { cpu: 'a processor', cores: 2, node: 'v20.19.0' },
    python: true,
    differences: {
      'heddle int8': 0.02,
      'onnxruntime fp32': 1e-6,
      'transformers.js fp32': 1e-6,
    },
    ratios: Object.fromEntries(['1x16', '1x64', '8x32', '8x128', '2x512'].map((shape) => [shape, of])),
    results: {
      '8x128': {
        'heddle int8': result(300),
        'onnxruntime fp32': result(1000),
        'transformers.js fp32': result(800),
      },
    },
    mixed_plan: { sequences: 512, rounds: 5 },
    mixed: { 'heddle fp32': mixed(400, 0.05), 'transformers.js fp32': mixed(100, 0.6) },
  };
}

const spread = (median) => ({ median, min: median, max: median });
/** Of the platform on two cores, every target met with nothing to spare. */
function platformReport() {
  const waited = (p50_ms) => ({
    round_trip: { p50_ms: 13, p99_ms: 50 },
    over_inference: { p50_ms, p99_ms: 40 },
  });
  const side = (jobs, p50_ms) => ({ jobs_per_s: spread(jobs), waited: waited(p50_ms) });
  const rates = (empty, full) => ({ 0: spread(empty), 5000000: spread(full) });
  return {
    date: '2026-01-01',
    machine: { cpu: 'a processor', cores: 2, node: 'v20.19.0' },
    plan: { single: { clients: 32 }, idle: { seconds: 30 }, rows: { rows: 5_000_000 } },
    single: {
      plain_bullmq_workers: { processes: 2, jobs_per_s: spread(100) },
      heddle: { redis: side(150, 10), postgres: side(120, 25) },
    },
    idle: {
      redis: { api: 0.2, dispatcher: 0.99, worker: 0.5 },
      postgres: { api: 0.1, dispatcher: 0.8, worker: 0.9 },
    },
    saturated: {
      precision: 'fp32',
      tokens_per_second: {
        'platform 2': spread(1800),
        'engine 2': spread(2000),
        'platform 1': spread(1000),
        'engine 1': spread(1050),
      },
    },
    rows: {
      submit: rates(1000, 900),
      dispatch: rates(9000, 100),
      claim: rates(9000, 100),
      finish: rates(8000, 7600),
    },
  };
}

describe('the page of performance', () => {
  it('is what `npm run docs` makes of the stored results', async () => {
    const page = await readFile(new URL('../../docs/performance.md', import.meta.url), 'utf8');
    expect(page).toBe(performanceAsMarkdown(await readReports(), await readRemarks()));
  });

  it('says of each target whether it is met, missed or not measured', () => {
    expect(rowOf(performanceAsMarkdown({}, {}), THROUGHPUT).slice(2)).toEqual(['', 'not measured', '']);
    const missed = performanceAsMarkdown({ peers: peersWith(1.9) }, { throughput: 'Tried: much.' });
    expect(rowOf(missed, THROUGHPUT).slice(2)).toEqual([
      '8x32 1.90×, 8x128 1.90×, 2x512 1.90×',
      'missed',
      'Tried: much.',
    ]);
    expect(rowOf(missed, 'latency of one request').slice(2)).toEqual(['1x16 1.90×, 1x64 1.90×', 'met', '']);
    expect(rowOf(missed, 'mixed lengths').slice(2)).toEqual(['4.00×; padding 5.0 %', 'met', '']);
    expect(rowOf(missed, 'resident memory').slice(2)).toEqual(['0.38×', 'met', '']);
  });

  it('does not call a peer the fastest when those of Python were left out', () => {
    const page = performanceAsMarkdown({ peers: { ...peersWith(9), python: false } }, {});
    for (const what of [THROUGHPUT, 'mixed lengths', 'resident memory'])
      expect(rowOf(page, what)[3]).toBe('not measured');
  });

  it('counts a target as not measured when a shape or a variant is missing', () => {
    const { '8x32': one } = peersWith(9).ratios;
    const page = performanceAsMarkdown(
      { peers: { ...peersWith(9), ratios: { '8x32': one }, results: {} } },
      {},
    );
    for (const what of [THROUGHPUT, 'latency of one request', 'resident memory'])
      expect(rowOf(page, what)[3]).toBe('not measured');
  });

  it('says how the platform does', () => {
    const report = platformReport();
    const page = performanceAsMarkdown({ platform: report }, {});
    const met = {
      'the platform saturated': '90.0 %',
      'single-text jobs': '1.50×',
      'round trip': 'p50 10 ms, p99 40 ms; p50 25 ms',
      'throughput from 1': '0.90 per core, 2 cores; loss of 10.0 % and 5.0 %',
      'processor time': 'worker 0.9 %, dispatcher 0.99 %, api 0.2 %',
    };
    for (const [what, measured] of Object.entries(met))
      expect(rowOf(page, what).slice(2)).toEqual([measured, 'met', '']);
    expect(page).toContain('| 5,000,000 | 900 (900–900) |');

    report.saturated.tokens_per_second['platform 2'] = spread(1790);
    report.single.plain_bullmq_workers.jobs_per_s = spread(101);
    report.single.heddle.postgres.waited.over_inference.p50_ms = 25.1;
    report.idle.postgres.worker = 1;
    const worse = performanceAsMarkdown({ platform: report }, {});
    for (const what of Object.keys(met)) expect(rowOf(worse, what)[3]).toBe('missed');
  });

  it('says how a bulk file does', () => {
    const bulk = {
      date: '2026-01-01',
      machine: { cpu: 'a processor', cores: 2, node: 'v20.19.0' },
      plan: { lines: 50_000 },
      model: 'topic',
      tokens: 2_000_000,
      children: 2,
      tokens_per_second: { platform: spread(700), engine: spread(1000) },
      ratio: 0.7,
      memory_mib: { api: { least: 100, most: 110 }, worker: { least: 200, most: 294 } },
      killed: { processes: ['worker', 'dispatcher'], tokens_per_second: 500, lines: 50_000 },
    };
    const page = performanceAsMarkdown({ bulk }, {});
    expect(rowOf(page, 'bulk file').slice(2)).toEqual(['70.0 %; worker ± 47 MiB', 'met', '']);
    expect(page).toContain('| platform, worker and dispatcher killed | 500 |');
    for (const worse of [{ ratio: 0.69 }, { memory_mib: { worker: { least: 0, most: 100 } } }])
      expect(rowOf(performanceAsMarkdown({ bulk: { ...bulk, ...worse } }, {}), 'bulk file')[3]).toBe(
        'missed',
      );
  });

  it('says what a shadow costs', () => {
    const shadow = {
      date: '2026-01-01',
      machine: { cpu: 'a processor', cores: 2, node: 'v20.19.0' },
      steady: {
        without: { p50_ms: 10, p95_ms: 20 },
        with: { p50_ms: 10, p95_ms: 20.2 },
        p95_ratio: 1.01,
        second_runs: { jobs: 2_500, dropped: 0 },
      },
      saturated: {
        jobs_per_s: { without: spread(300), with: spread(299) },
        second_runs: { jobs: 10, dropped: 790, of_jobs: 1_000 },
      },
    };
    const page = performanceAsMarkdown({ shadow }, {});
    expect(rowOf(page, 'shadow').slice(2)).toEqual(['+1.0 %; of 1.0 %', 'met', '']);
    expect(page).toContain('| p95 of a round trip, ms | 20 | 20.2 | 2,500 made, 0 given up |');
    for (const worse of [
      { ...shadow, steady: { ...shadow.steady, p95_ratio: 1.02 } },
      {
        ...shadow,
        saturated: { ...shadow.saturated, second_runs: { jobs: 20, dropped: 780, of_jobs: 1_000 } },
      },
    ])
      expect(rowOf(performanceAsMarkdown({ shadow: worse }, {}), 'shadow')[3]).toBe('missed');
  });

  it('shows how memory moved in a soak', () => {
    const trend = (percent_per_hour) => ({
      first: 200,
      last: 201,
      theil_sen: { per_hour: 2 * percent_per_hour, percent_per_hour },
      interval: [-0.5, 2],
      least_squares: { per_hour: 1, percent_per_hour: 0.5 },
    });
    const report = {
      date: '2026-01-01',
      machine: { cpu: 'a processor', cores: 2, node: 'v20.19.0' },
      plan: { minutes: 30, backend: 'redis' },
      turns_per_s: { fastest: 300, soak: 150 },
      turns: { cancel: 1000, lists: 200_000 },
      jobs: 150_000,
      warm_up_minutes: 5,
      restarts: 0,
      trends: { 'api, resident': trend(0.9), 'worker, resident': trend(-3), 'redis keys': trend(5) },
      redis_keys: { before: 12, after: 12 },
      surprises: { count: 0, first: [] },
    };
    const page = performanceAsMarkdown({ soak: report }, {});
    expect(rowOf(page, 'slope of each').slice(2)).toEqual([
      'api 0.9 %, worker -3 %; 12 and 12 keys; 0 restarts, 0 surprises',
      'met',
      '',
    ]);
    expect(page).toContain('201,000 turns in all, 150,000 jobs.');
    expect(page).toContain('| api, resident | 200 | 201 | 1.8 | 0.9 | -0.5 to 2 | 0.5 |');
    report.trends['api, resident'] = trend(1);
    expect(rowOf(performanceAsMarkdown({ soak: report }, {}), 'slope of each')[3]).toBe('missed');
    report.trends['api, resident'] = trend(0);
    for (const worse of [
      { redis_keys: { before: 12, after: 13 } },
      { restarts: 1 },
      { surprises: { count: 1 } },
    ])
      expect(
        rowOf(performanceAsMarkdown({ soak: { ...report, ...worse } }, {}), 'slope of each')[3],
        JSON.stringify(worse),
      ).toBe('missed');
  });

  it('does not speak of scale where there is one core', () => {
    const report = platformReport();
    report.machine.cores = 1;
    expect(rowOf(performanceAsMarkdown({ platform: report }, {}), 'throughput from 1')[3]).toBe(
      'not measured',
    );
  });

  it('refuses a remark about no target', () => {
    expect(() => performanceAsMarkdown({}, { speed: 'fast' })).toThrow('no target is named speed');
  });
});
