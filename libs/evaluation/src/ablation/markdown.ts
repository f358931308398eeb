import { markdownText } from '@heddle/contracts';
import { type AblationReport, type AblationRow, signed } from './report.js';

/** The table for people, as GitHub's Markdown. */
export function ablationMarkdown(report: AblationReport): string {
  const { model, task, dataset, metrics, rows, findings, bootstrap, notes } = report;
  const head = [
    'model',
    'precision',
    ...metrics.flatMap((metric) => [metric, '95 %', 'against full', '95 %']),
  ];
  const lines = [
    `# Ablation of ${markdownText(model)}`,
    '',
    `${task} on ${markdownText(dataset.name)}: ${dataset.examples} ${dataset.examples === 1 ? 'example' : 'examples'}${dataset.left_out > 0 ? `, ${dataset.left_out} left out` : ''}.`,
    '',
    row(head),
    row(head.map((_, i) => (i < 2 ? '---' : '---:'))),
    ...rows.map((one) => row(cellsOf(one, metrics))),
    '',
    ...findings.map((finding) => `**${markdownText(finding)}**`),
    '',
    `Intervals: 95 %, ${bootstrap.resamples} bootstrap resamples, seed ${bootstrap.seed}; differences are paired.`,
    ...notes.map((note) => `\n${markdownText(note)}`),
  ];
  return `${lines.join('\n')}\n`;
}

function cellsOf(one: AblationRow, metrics: string[]): string[] {
  const unmeasured = Object.keys(one.metrics).length === 0;
  if (unmeasured) {
    return [one.name, one.precision, one.reason ?? '', ...Array(4 * metrics.length - 1).fill('')];
  }
  const values = metrics.flatMap((metric) => {
    const difference = one.difference?.[metric];
    return [
      one.metrics[metric]?.toFixed(4) ?? 'not defined',
      interval(one.confidence[metric], (value) => value.toFixed(4)),
      difference === undefined || difference === null ? '' : signed(difference),
      interval(one.difference_confidence?.[metric], signed),
    ];
  });
  return [one.name, one.precision, ...values];
}

function interval(bounds: [number, number] | undefined, show: (value: number) => string): string {
  return bounds ? `${show(bounds[0])} to ${show(bounds[1])}` : '';
}

function row(cells: string[]): string {
  return `| ${cells.map(markdownText).join(' | ')} |`;
}
