import { type Evaluation, type EvaluationResult, markdownText, oneLine } from '@heddle/contracts';
import { COMMAND } from '../command-name.js';
import { gateText } from './gates.js';
import { markdownTable, table } from './output.js';

/** Values of slices that are printed; the others are in the JSON. */
const MAX_SLICES = 20;
/** Errors that are; they are mostly the same. */
const MAX_ERRORS = 10;

interface MetricRow {
  name: string;
  result: EvaluationResult;
}
interface GateRow {
  gate: string;
  passed: boolean;
  actual: number | null;
  reason: string;
}
interface SliceRow {
  name: string;
  items: number;
  metrics: Record<string, number | null>;
}

/** What an evaluation found, as tables for people; empty where it found nothing. */
export function reportText(evaluation: Evaluation): string {
  const { result } = evaluation;
  if (!result) return '';
  return sections(evaluation, result, { table, line: oneLine })
    .concat(worstLine(evaluation, result))
    .map((section) => `\n${section}\n`)
    .join('');
}

/** The same as Markdown, with a heading: for summaries of CI servers and comments. */
export function reportMarkdown(evaluation: Evaluation): string {
  const { id, model, version_number, status, dataset, dataset_sha256, task, result } = evaluation;
  const outcome = result && result.gates.length > 0 ? (result.passed ? 'passed' : 'missed') : status;
  const facts = [`Task: ${task}`, `data set: ${dataset}, SHA-256 ${dataset_sha256}`, `evaluation: ${id}`];
  const errors = errorLines(evaluation).map((error) => `- ${markdownText(error)}`);
  return [
    `## ${model}@${version_number}: ${outcome}`,
    `${facts.join('; ')}.`,
    ...(errors.length > 0 ? [errors.join('\n')] : []),
    ...(result ? sections(evaluation, result, { table: markdownTable, line: markdownText }) : []),
  ]
    .map((section) => `${section}\n`)
    .join('\n');
}

/** What was wrong with the data set, or why the evaluation failed: the first of it, and how much more there is. */
export function errorLines({ errors, error_count: count }: Evaluation): string[] {
  const shown = errors.slice(0, MAX_ERRORS).map(errorText);
  const more = count - shown.length;
  return more > 0 ? [...shown, `and ${more} more`] : shown;
}

/** `line 3: malformed-json: …`. */
function errorText({ line, code, message }: Evaluation['errors'][number]): string {
  return `${line === null ? '' : `line ${line}: `}${code}: ${message}`;
}

/** Gates with what came of them; without a result all are open. */
export function gateRows({ gates, result }: Evaluation): (GateRow | { gate: string; passed: null })[] {
  return gates.map((one, i) => {
    const found = result?.gates[i];
    const gate = gateText(one);
    if (!found) return { gate, passed: null };
    const { passed, actual, reason = '' } = found;
    return { gate, passed, actual, reason };
  });
}

/** How tables are written, and texts of whatever origin between them. */
interface Form {
  table: typeof table;
  line(text: string): string;
}

function sections(evaluation: Evaluation, result: EvaluationResult, form: Form): string[] {
  const slices = sliceRows(result);
  const gates = gateRows(evaluation).filter((row) => row.passed !== null);
  const why = Object.entries(result.undefined_metrics).map(([name, reason]) =>
    form.line(`${name}: ${reason}`),
  );
  return [
    form.table(
      Object.keys(result.metrics).map((name) => ({ name, result })),
      metricColumns(result),
    ),
    ...why,
    ...(slices.length > 0 ? [form.table(slices.slice(0, MAX_SLICES), sliceColumns(result))] : []),
    ...(slices.length > MAX_SLICES ? [`and ${slices.length - MAX_SLICES} more slices: --json has them`] : []),
    ...(gates.length > 0 ? [form.table(gates, GATE_COLUMNS)] : []),
    countsLine(result),
  ];
}

function metricColumns(result: EvaluationResult): Record<string, (row: MetricRow) => string> {
  const own = {
    METRIC: ({ name }: MetricRow) => name,
    VALUE: ({ name }: MetricRow) => numberText(result.metrics[name]),
    '95 % INTERVAL': ({ name }: MetricRow) => intervalText(result.confidence[name]),
  };
  const { baseline_metrics: baseline, difference, difference_confidence: interval } = result;
  if (!baseline) return own;
  return {
    ...own,
    BASELINE: ({ name }) => numberText(baseline[name]),
    DIFFERENCE: ({ name }) => signed(difference?.[name]),
    'ITS 95 % INTERVAL': ({ name }) => intervalText(interval?.[name], signed),
  };
}

const GATE_COLUMNS: Record<string, (row: GateRow) => string> = {
  GATE: ({ gate }) => gate,
  RESULT: ({ passed }) => (passed ? 'passed' : 'missed'),
  ACTUAL: ({ actual }) => numberText(actual),
  WHY: ({ reason }) => reason,
};

function sliceRows({ slices }: EvaluationResult): SliceRow[] {
  return Object.entries(slices).flatMap(([field, values]) =>
    Object.entries(values).map(([value, { items, metrics }]) => ({
      name: `${field}=${value}`,
      items,
      metrics,
    })),
  );
}

function sliceColumns({ metrics }: EvaluationResult): Record<string, (row: SliceRow) => string> {
  return {
    SLICE: ({ name }) => name,
    EXAMPLES: ({ items }) => String(items),
    ...Object.fromEntries(
      Object.keys(metrics).map((name) => [
        name.toUpperCase(),
        (row: SliceRow) => numberText(row.metrics[name]),
      ]),
    ),
  };
}

function countsLine({ items, failed, invalid, skipped, speed }: EvaluationResult): string {
  const counts = Object.entries({ failed, invalid, skipped })
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `, ${count} ${name}`);
  const { tokens_per_s: rate, padded_share: padding } = speed;
  const padded = padding === null ? '' : `, ${(100 * padding).toFixed(1)} % of what was computed was padding`;
  const fast = rate === null ? '' : `; ${Math.round(rate)} tokens/s${padded}`;
  return `${items} examples${counts.join('')}${fast}`;
}

/** Metrics of answers that are numbers: these are never right or wrong. */
const OF_NUMBERS = new Set(['mse', 'pairwise_accuracy', 'pearson', 'spearman']);

function worstLine({ id }: Evaluation, { worst, metrics }: EvaluationResult): string[] {
  if (worst.length === 0) return [];
  const items = `${COMMAND} evaluations items ${id}`;
  const isJudged = Object.keys(metrics).some((name) => !OF_NUMBERS.has(name));
  const how = isJudged ? `${items} --wrong shows what is wrong` : `${items} shows their losses`;
  return [`worst examples: ${worst.length}; ${how}`];
}

/** Four digits after the point, `-` where there is none. */
export function numberText(value: number | null | undefined): string {
  return value === null || value === undefined ? '-' : value.toFixed(4);
}

function signed(value: number | null | undefined): string {
  const text = numberText(value);
  return value !== null && value !== undefined && value >= 0 ? `+${text}` : text;
}

function intervalText(interval: [number, number] | undefined, text: typeof numberText = numberText): string {
  return interval ? `${text(interval[0])} to ${text(interval[1])}` : '-';
}
