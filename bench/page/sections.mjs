/** Tables of one report each, as pieces of Markdown. */

/** Engine and peers: one table a shape, and mixed lengths where they were measured. */
export function passSections(report) {
  const { results, differences, mixed } = report;
  const shapes = Object.entries(results).flatMap(([shape, contenders]) => [
    `### ${shape}`,
    table(
      [
        'contender',
        'tokens/s',
        'processes × threads',
        'latency ms',
        'MiB',
        'MiB of one process',
        'difference of logits',
      ],
      Object.entries(contenders).map(([name, result]) => [
        name,
        `${result.tokens_per_second} (${result.spread.join('–')})`,
        result.layout,
        result.latency_ms,
        result.memory_mib,
        result.one_process_mib,
        differences[name].toExponential(1),
      ]),
    ),
  ]);
  return [provenance(report), ...shapes, ...(mixed ? mixedSection(mixed, report.mixed_plan) : [])];
}

export function platformSection(report) {
  return [
    provenance(report),
    ...singleTextsSection(report),
    ...saturatedSection(report),
    ...finishedRowsSection(report),
    ...idleSection(report),
  ];
}

export function bulkSection(report) {
  const { plan, tokens_per_second: rates, memory_mib: memory, killed } = report;
  return [
    provenance(report),
    `${plan.lines.toLocaleString('en')} lines, ${report.tokens.toLocaleString('en')} tokens; the shipped ${report.model} model.`,
    table(
      ['', 'tokens/s'],
      [
        ['platform', spread(rates.platform)],
        [`engine alone, ${report.children} inference processes`, spread(rates.engine)],
        [`platform, ${killed.processes.join(' and ')} killed`, killed.tokens_per_second],
      ],
    ),
    table(
      ['process', 'least MiB', 'most MiB'],
      Object.entries(memory).map(([name, { least, most }]) => [name, least, most]),
    ),
  ];
}

export function shadowSection(report) {
  const { steady, saturated } = report;
  const runs = ({ jobs, dropped }) =>
    `${jobs.toLocaleString('en')} made, ${dropped.toLocaleString('en')} given up`;
  return [
    provenance(report),
    'Waited jobs of one text of the shipped sentiment model; the shadow is the same model. First one client with pauses, then as many as the machine bears.',
    table(
      ['', 'without shadow', 'with shadow', 'second runs'],
      [
        ['p50 of a round trip, ms', steady.without.p50_ms, steady.with.p50_ms, ''],
        ['p95 of a round trip, ms', steady.without.p95_ms, steady.with.p95_ms, runs(steady.second_runs)],
        [
          'jobs/s, saturated',
          spread(saturated.jobs_per_s.without),
          spread(saturated.jobs_per_s.with),
          `${runs(saturated.second_runs)} of ${saturated.second_runs.of_jobs.toLocaleString('en')} jobs while that lasted`,
        ],
      ],
    ),
  ];
}

export function importSection(report) {
  return [
    provenance(report),
    table(
      [
        'checkpoint',
        'MiB',
        'parameters',
        'seconds to the first answer',
        'peak MiB of the import',
        'of it own',
      ],
      Object.entries(report.results).map(([name, result]) => [
        name,
        result.checkpoint_mib,
        result.parameters.toLocaleString('en'),
        result.seconds,
        result.peak_rss_mib,
        result.peak_own_mib,
      ]),
    ),
  ];
}

function mixedSection(mixed, { sequences, rounds }) {
  return [
    '### Mixed lengths',
    `${sequences} sequences, ${rounds} rounds.`,
    table(
      ['contender', 'real tokens/s', 'processes × threads', 'padding'],
      Object.entries(mixed).map(([name, result]) => [
        name,
        `${result.real_tokens_per_second} (${result.spread.join('–')})`,
        result.layout,
        `${(result.padded_share * 100).toFixed(1)} %`,
      ]),
    ),
  ];
}

function singleTextsSection({ plan, single }) {
  const { heddle, plain_bullmq_workers: plain } = single;
  const ms = ({ p50_ms, p99_ms }) => `${p50_ms}, ${p99_ms}`;
  return [
    '### Jobs of one text',
    `The shipped sentiment model. Throughput: ${plan.single.clients} clients. Round trips: one client that waits.`,
    table(
      ['', 'jobs/s', 'round trip, p50 and p99 ms', 'over inference, p50 and p99 ms'],
      [
        ...Object.entries(heddle).map(([backend, { jobs_per_s, waited }]) => [
          `heddle, dispatch window in ${backend}`,
          spread(jobs_per_s),
          ms(waited.round_trip),
          ms(waited.over_inference),
        ]),
        [`plain BullMQ, ${plain.processes} workers`, spread(plain.jobs_per_s), '', ''],
      ],
    ),
  ];
}

function saturatedSection({ saturated }) {
  return [
    '### Saturated with texts of all lengths',
    `v3-base's shape in ${saturated.precision}, real tokens a second by inference children.`,
    table(
      ['', 'tokens/s'],
      Object.entries(saturated.tokens_per_second).map(([name, rate]) => [name, spread(rate)]),
    ),
  ];
}

function finishedRowsSection({ rows }) {
  return [
    '### Statements as finished jobs pile up',
    table(
      ['finished jobs', ...Object.keys(rows).map((step) => `${step}, jobs/s`)],
      Object.keys(rows.submit).map((finished) => [
        Number(finished).toLocaleString('en'),
        ...Object.values(rows).map((rates) => spread(rates[finished])),
      ]),
    ),
  ];
}

function idleSection({ plan, idle }) {
  const [[, first]] = Object.entries(idle);
  return [
    '### Idle',
    `Percent of a core over ${plan.idle.seconds} s; the worker with its inference processes.`,
    table(
      ['dispatch window in', ...Object.keys(first)],
      Object.entries(idle).map(([backend, shares]) => [backend, ...Object.values(shares)]),
    ),
  ];
}

function spread({ median, min, max }) {
  return `${median} (${min}–${max})`;
}

/** Day, machine and versions of a report. */
export function provenance({ date, machine, versions = {} }) {
  const software = { node: machine.node.slice(1), ...versions };
  const names = Object.entries(software).map(([name, version]) => `${name} ${version}`);
  return `${date}, ${machine.cpu}, ${machine.cores} cores; ${names.join(', ')}.`;
}

export function table(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
