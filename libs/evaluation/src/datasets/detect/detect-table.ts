import type { Format, Found } from '../formats/formats.js';
import { GLUE } from '../formats/glue.js';

/** The format of a file of columns, by its header. */
export function detectTable([header = '', ...lines]: string[], filename: string): Found {
  const columns = header.split('\t');
  const fits = (Object.keys(GLUE) as (keyof typeof GLUE)[])
    .filter((name) => GLUE[name].columns?.every((column) => columns.includes(column)))
    // A task with more columns has those of another too.
    .sort((one, other) => GLUE[other].columns!.length - GLUE[one].columns!.length);
  if (fits[0] === 'glue-rte') return entailment(lines);
  if (fits[0]) return fits[0];
  if (isCola([header, ...lines])) return 'glue-cola';
  const isTable = /\.(csv|tsv)$/i.test(filename) || header.includes('\t') || header.includes(',');
  return isTable ? 'csv' : { saw: 'is text without columns' };
}

/** RTE and WNLI have the same columns; only their labels differ. */
function entailment(lines: string[]): Format {
  const label = lines[0]?.split('\t').at(-1);
  return label === '0' || label === '1' ? 'glue-wnli' : 'glue-rte';
}

/** Source, label, mark, sentence; no header. */
function isCola(lines: string[]): boolean {
  const rows = lines.slice(0, 20).filter((line) => line !== '');
  return rows.every((line) => {
    const [, label, mark, sentence, ...others] = line.split('\t');
    return (
      (label === '0' || label === '1') &&
      /^\*?$/.test(mark ?? '-') &&
      Boolean(sentence) &&
      others.length === 0
    );
  });
}
