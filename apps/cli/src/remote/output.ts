import type { ItemResult, Job } from '@heddle/client';
import type { Entity, LabelScore } from '@heddle/contracts';

export type OutputFormat = 'table' | 'json' | 'jsonl';

/** Prints API objects: unchanged as JSON, one a line, or as a table for people. */
export function print<T>(
  format: OutputFormat,
  objects: T[],
  columns: Record<string, (object: T) => string>,
): void {
  if (format === 'json') write(JSON.stringify(objects.length === 1 ? objects[0] : objects, null, 2));
  else if (format === 'jsonl') for (const object of objects) write(JSON.stringify(object));
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

/** A line of names, and one for each object. */
export function table<T>(objects: T[], columns: Record<string, (object: T) => string>): string {
  const names = Object.keys(columns);
  const rows = [names, ...objects.map((object) => names.map((name) => columns[name]!(object)))];
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
  const row = (cells: string[]) => `| ${cells.map(cellText).join(' | ')} |`;
  return [
    row(names.map((name) => name.toLowerCase())),
    `|${' --- |'.repeat(names.length)}`,
    ...objects.map((object) => row(names.map((name) => columns[name]!(object)))),
  ].join('\n');
}

/** No cell ends early, and none is markup. */
function cellText(text: string): string {
  return text
    .replace(/[\\|<>&*_`[\]~]/g, (character) => `&#${character.charCodeAt(0)};`)
    .replace(/\s+/g, ' ');
}

function write(text: string): void {
  process.stdout.write(`${text}\n`);
}
