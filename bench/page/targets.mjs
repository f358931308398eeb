/**
 * What Heddle set out to reach, as ratios measured side by side where that is possible. `measure` takes the reports of
 * full runs by bench and returns what was reached, or null where a figure is missing.
 */
export const TARGETS = [
  {
    id: 'engine-fp32',
    what: 'forward passes, fp32, every shape, against the usual export on ONNX Runtime',
    target: '≥ 1.15×',
    measure: ({ engine }) =>
      atLeast(engine?.ratios, { '1x16': 1.15, '1x64': 1.15, '8x32': 1.15, '8x128': 1.15, '2x512': 1.15 }),
  },
  {
    id: 'throughput',
    what: 'throughput of the whole machine, best variant, against the fastest peer, OpenVINO bf16 included',
    target: '≥ 2.4× at 8x32, ≥ 2.0× at 8x128, ≥ 1.5× at 2x512',
    measure: ({ peers }) => atLeast(ratiosOf(peers, 'throughput'), { '8x32': 2.4, '8x128': 2, '2x512': 1.5 }),
  },
  {
    id: 'latency',
    what: 'latency of one request alone, best variant, against the fastest peer',
    target: '≥ 1.2× at 1x16 and 1x64',
    measure: ({ peers }) => atLeast(ratiosOf(peers, 'latency'), { '1x16': 1.2, '1x64': 1.2 }),
  },
  {
    id: 'mixed-lengths',
    what: 'mixed lengths, real tokens, best variant, against the fastest precision of transformers.js in static batches of 8',
    target: '≥ 3×; padding ≤ 8 % of computed tokens',
    measure: ({ peers }) => {
      // Its reduced precisions are measured with Python's peers.
      if (!peers?.python) return null;
      const own = fastestOf(peers.mixed, 'heddle ');
      const other = fastestOf(peers.mixed, 'transformers.js ');
      const ratio = own.real_tokens_per_second / other.real_tokens_per_second;
      const measured = `${times(ratio)}; padding ${percent(own.padded_share)}`;
      return { measured, met: ratio >= 3 && own.padded_share <= 0.08 };
    },
  },
  {
    id: 'memory',
    what: 'resident memory of a process that serves int8, against the leaner fp32 export on ONNX Runtime, at 8x128',
    target: '≤ 0.4×',
    measure: ({ peers }) => {
      // Without Python the export that a user would serve is missing.
      const at = peers?.python && peers.results['8x128'];
      const own = at?.['heddle int8'];
      if (!own) return null;
      // With weights in the graph's file and beside it.
      const exports = ['onnxruntime fp32', 'transformers.js fp32'].flatMap((name) => at[name] ?? []);
      const ratio = own.one_process_mib / Math.min(...exports.map((other) => other.one_process_mib));
      return { measured: times(ratio), met: ratio <= 0.4 };
    },
  },
  {
    id: 'import',
    what: 'import of v3-base from checkpoint to served, without Python',
    target: '≤ 20 s, peak memory ≤ checkpoint + 1 GB',
    measure: ({ import: report }) => {
      const figures = report?.results['v3-base F32 safetensors'];
      if (!figures) return null;
      const beyondMib = figures.peak_rss_mib - figures.checkpoint_mib;
      const measured = `${figures.seconds} s, ${figures.peak_rss_mib} MiB at a checkpoint of ${figures.checkpoint_mib}`;
      return { measured, met: figures.seconds <= 20 && beyondMib * 2 ** 20 <= 1e9 };
    },
  },
  {
    id: 'platform-base',
    what: 'the platform saturated with a model of base size',
    target: '≥ 90 % of the engine alone',
    measure: ({ platform }) => {
      if (!platform) return null;
      const share = saturatedBy(platform, 'platform') / saturatedBy(platform, 'engine');
      return { measured: percent(share), met: share >= 0.9 };
    },
  },
  {
    id: 'platform-small',
    what: 'single-text jobs of a small shipped model, with Redis, against a plain BullMQ worker that calls transformers.js',
    target: '≥ 1.5×',
    measure: ({ platform }) => {
      if (!platform) return null;
      const { heddle, plain_bullmq_workers: plain } = platform.single;
      const ratio = heddle.redis.jobs_per_s.median / plain.jobs_per_s.median;
      return { measured: times(ratio), met: ratio >= 1.5 };
    },
  },
  {
    id: 'bulk-file',
    what: 'bulk file of 50,000 lines',
    target: '≥ 70 % of the engine alone; memory of every process within ± 50 MB',
    measure: ({ bulk }) => {
      if (!bulk) return null;
      const ranges = Object.entries(bulk.memory_mib).map(([name, { least, most }]) => [
        name,
        (most - least) / 2,
      ]);
      const [name, half] = ranges.reduce((a, b) => (b[1] > a[1] ? b : a));
      return {
        measured: `${percent(bulk.ratio)}; ${name} ± ${Math.round(half)} MiB`,
        met: bulk.ratio >= 0.7 && half * 2 ** 20 <= 50e6,
      };
    },
  },
  {
    id: 'shadow',
    what: 'shadow: p95 of normal work with spare capacity; second runs without any',
    target: '< 2 % more; of next to none',
    measure: ({ shadow }) => {
      if (!shadow) return null;
      const { steady, saturated } = shadow;
      const made = saturated.second_runs.jobs / saturated.second_runs.of_jobs;
      const more = steady.p95_ratio - 1;
      return {
        measured: `${more < 0 ? '−' : '+'}${percent(Math.abs(more))}; of ${percent(made)}`,
        met: more < 0.02 && made < 0.02,
      };
    },
  },
  {
    id: 'waited',
    what: 'round trip of a waited job over bare inference, idle system',
    target: 'p50 ≤ 10 ms, p99 ≤ 40 ms with Redis; p50 ≤ 25 ms embedded',
    measure: ({ platform }) => {
      if (!platform) return null;
      const [redis, postgres] = ['redis', 'postgres'].map(
        (name) => platform.single.heddle[name].waited.over_inference,
      );
      return {
        measured: `p50 ${redis.p50_ms} ms, p99 ${redis.p99_ms} ms; p50 ${postgres.p50_ms} ms`,
        met: redis.p50_ms <= 10 && redis.p99_ms <= 40 && postgres.p50_ms <= 25,
      };
    },
  },
  {
    id: 'scale',
    what: 'throughput from 1 to all cores; submit and finish from 0 to 5,000,000 finished rows',
    target: '≥ 0.9 per core; ≤ 10 % loss',
    measure: ({ platform }) => {
      if (!platform || platform.machine.cores === 1) return null;
      const { cores } = platform.machine;
      const perCore = saturatedBy(platform, 'platform') / saturatedBy(platform, 'platform', 1) / cores;
      const losses = ['submit', 'finish'].map((step) => lossOf(platform, step));
      return {
        measured: `${perCore.toFixed(2)} per core, ${cores} cores; loss of ${losses.map(percent).join(' and ')}`,
        met: perCore >= 0.9 && losses.every((loss) => loss <= 0.1),
      };
    },
  },
  {
    id: 'idle',
    what: 'processor time of an idle worker, dispatcher and api',
    target: '< 1 % of a core each',
    measure: ({ platform }) => {
      if (!platform) return null;
      const { redis, postgres } = platform.idle;
      const of = (name) => Math.max(redis[name], postgres[name]);
      const names = ['worker', 'dispatcher', 'api'];
      return {
        measured: names.map((name) => `${name} ${of(name)} %`).join(', '),
        met: names.every((name) => of(name) < 1),
      };
    },
  },
  {
    id: 'soak',
    what: "slope of each process's resident memory under half an hour of steady load; Redis's keys afterwards",
    target: '< 1 % an hour; as many as before; no restart and no surprise',
    measure: ({ soak }) => {
      if (!soak) return null;
      const slopes = Object.entries(soak.trends)
        .filter(([name]) => name.endsWith(', resident'))
        .map(([name, { theil_sen }]) => [name.replace(', resident', ''), theil_sen.percent_per_hour]);
      const { restarts, surprises } = soak;
      const { before, after } = soak.redis_keys;
      return {
        measured: `${slopes.map(([name, slope]) => `${name} ${slope} %`).join(', ')}; ${before} and ${after} keys; ${restarts} restarts, ${surprises.count} surprises`,
        // A child that is ended before it grows has no slope.
        met:
          slopes.every(([, slope]) => slope < 1) &&
          after <= before &&
          restarts === 0 &&
          surprises.count === 0,
      };
    },
  },
];

/** Ratios by shape; none when the peers of Python were left out: the fastest ones are among them. */
function ratiosOf(peers, what) {
  if (!peers?.python) return undefined;
  return Object.fromEntries(Object.entries(peers.ratios).map(([shape, of]) => [shape, of[what].ratio]));
}

function atLeast(ratios, limits) {
  const shapes = Object.keys(limits);
  if (!shapes.every((shape) => ratios?.[shape] !== undefined)) return null;
  return {
    measured: shapes.map((shape) => `${shape} ${times(ratios[shape])}`).join(', '),
    met: shapes.every((shape) => ratios[shape] >= limits[shape]),
  };
}

function fastestOf(mixed, prefix) {
  return Object.entries(mixed)
    .filter(([name]) => name.startsWith(prefix))
    .map(([, result]) => result)
    .reduce((a, b) => (b.real_tokens_per_second > a.real_tokens_per_second ? b : a));
}

/** Real tokens a second with so many inference children. */
function saturatedBy({ machine, saturated }, side, children = machine.cores) {
  return saturated.tokens_per_second[`${side} ${children}`].median;
}

/** Share of the jobs a second of a statement that is lost where the jobs of the plan have finished before. */
function lossOf({ plan, rows }, step) {
  return 1 - rows[step][plan.rows.rows].median / rows[step][0].median;
}

function percent(share) {
  return `${(share * 100).toFixed(1)} %`;
}

function times(ratio) {
  return `${ratio.toFixed(2)}×`;
}
