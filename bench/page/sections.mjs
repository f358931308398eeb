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
  const { jobs, clients } = report.plan;
  return [
    provenance(report),
    `Single-text jobs of the shipped sentiment model: ${jobs} by ${clients} clients, and waited ones alone.`,
    table(
      ['dispatch window in', 'jobs/s', 'waited, p50 ms', 'waited, p99 ms'],
      Object.entries(report.results).map(([backend, result]) => [
        backend,
        `${result.jobs_per_s} (${result.jobs_per_s_min}–${result.jobs_per_s_max})`,
        result.waited_p50_ms,
        result.waited_p99_ms,
      ]),
    ),
  ];
}

export function importSection(report) {
  return [
    provenance(report),
    table(
      ['checkpoint', 'MiB', 'parameters', 'seconds', 'peak MiB', 'of it own'],
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

/** Day, machine and versions of a report. */
function provenance({ date, machine, versions = {} }) {
  const software = { node: machine.node.slice(1), ...versions };
  const names = Object.entries(software).map(([name, version]) => `${name} ${version}`);
  return `${date}, ${machine.cpu}, ${machine.cores} cores; ${names.join(', ')}.`;
}

function table(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
