import type { ItemResult, Job } from '@heddle/client';
import { type Entity, type LabelScore, markdownText, oneLine, shownJson } from '@heddle/contracts';

export type OutputFormat = 'table' | 'json' | 'jsonl';

/** Prints API objects: unchanged as JSON, one a line, or as a table for people. */
export function print<T>(
  format: OutputFormat,
  objects: T[],
  columns: Record<string, (object: T) => string>,
): void {
  if (format === 'json') write(shownJson(objects.length === 1 ? objects[0] : objects, 2));
  else if (format === 'jsonl') for (const object of objects) write(shownJson(object));
  else write(table(objects, columns));
}

export const JOB_COLUMNS: Record<string, (job: Job) => string> = {
  ID: (job) => job.id,
  STATUS: (job) => job.status,
  MODEL: (job) => `${job.model}@${job.version_number}`,
  TASK: (job) => job.task,
  ITEMS: (job) => String(job.counts.total),
  FAILED: (job) => String(job.counts.failed),
  CREATED: (job) => job.created_at,
};

/** One answer on one line. */
export function describeResult(result: ItemResult): string {
  return oneLine(describe(result));
}

/** A line of names, and one for each object. */
export function table<T>(objects: T[], columns: Record<string, (object: T) => string>): string {
  const names = Object.keys(columns);
  const rows = [names, ...objects.map((object) => names.map((name) => oneLine(columns[name]!(object))))];
  const widths = names.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** The same as GitHub's Markdown has it. */
export function markdownTable<T>(objects: T[], columns: Record<string, (object: T) => string>): string {
  const names = Object.keys(columns);
  const row = (cells: string[]) => `| ${cells.map(markdownText).join(' | ')} |`;
  return [
    row(names.map((name) => name.toLowerCase())),
    `|${' --- |'.repeat(names.length)}`,
    ...objects.map((object) => row(names.map((name) => columns[name]!(object)))),
  ].join('\n');
}

function describe(result: ItemResult): string {
  if (result.error) return `error ${result.error.code}: ${result.error.message}`;
  const output = result.output as {
    labels?: LabelScore[];
    entities?: Entity[];
    value?: number;
    values?: number[];
  };
  if (output.labels)
    return output.labels.map(({ label, score }) => `${label} ${score.toFixed(4)}`).join('  ');
  if (output.entities) {
    if (output.entities.length === 0) return '-';
    return output.entities
      .map((entity) => `${entity.word} [${entity.entity_group ?? entity.entity} ${entity.score.toFixed(4)}]`)
      .join('  ');
  }
  return JSON.stringify(output.value ?? output.values ?? output);
}

function write(text: string): void {
  process.stdout.write(`${text}\n`);
}
