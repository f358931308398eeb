/** What `heddle evaluations ablate --json` writes, as far as a table shows it. */
export interface AblationReport {
  model: string;
  task: string;
  dataset: { name: string; examples: number; left_out: number };
  metrics: string[];
  rows: AblationRow[];
  findings: string[];
  notes: string[];
}

export interface AblationRow {
  /** `full`, `-EMD`, `-(C2P+P2C)`. */
  name: string;
  precision: string;
  metrics: Record<string, number | null>;
  confidence: Record<string, [number, number]>;
  difference: Record<string, number | null> | null;
  difference_confidence: Record<string, [number, number]> | null;
  /** Why nothing was measured. */
  reason: string | null;
}

/** Bytes of a report: some rows, each with some metrics. */
export const MAX_REPORT_BYTES = 1024 * 1024;

/** Throws an error that people can read where the text is no such report. */
export function readAblationReport(text: string): AblationReport {
  const report = objectIn(parsed(text));
  if (report.object !== 'ablation_report') throw new Error(NO_REPORT);
  const dataset = objectIn(report.dataset);
  return {
    model: textIn(report.model),
    task: textIn(report.task),
    dataset: {
      name: textIn(dataset.name),
      examples: numberIn(dataset.examples),
      left_out: numberIn(dataset.left_out),
    },
    metrics: listIn(report.metrics).map(textIn),
    rows: listIn(report.rows).map(rowIn),
    findings: listIn(report.findings).map(textIn),
    notes: listIn(report.notes).map(textIn),
  };
}

const NO_REPORT = 'This is no report of ablations: heddle evaluations ablate --json writes one.';

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(NO_REPORT);
  }
}

function rowIn(value: unknown): AblationRow {
  const row = objectIn(value);
  return {
    name: textIn(row.name),
    precision: textIn(row.precision),
    metrics: mapped(row.metrics, (one) => (one === null ? null : numberIn(one))),
    confidence: mapped(row.confidence, intervalIn),
    difference:
      row.difference === null ? null : mapped(row.difference, (one) => (one === null ? null : numberIn(one))),
    difference_confidence:
      row.difference_confidence === null ? null : mapped(row.difference_confidence, intervalIn),
    reason: row.reason === null ? null : textIn(row.reason),
  };
}

function objectIn(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(NO_REPORT);
  return value as Record<string, unknown>;
}

function listIn(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw new Error(NO_REPORT);
  return value;
}

function textIn(value: unknown): string {
  if (typeof value !== 'string') throw new Error(NO_REPORT);
  return value;
}

function numberIn(value: unknown): number {
  if (typeof value !== 'number') throw new Error(NO_REPORT);
  return value;
}

function intervalIn(value: unknown): [number, number] {
  const [low, high] = listIn(value);
  return [numberIn(low), numberIn(high)];
}

function mapped<T>(value: unknown, of: (one: unknown) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(objectIn(value)).map(([name, one]) => [name, of(one)]));
}
