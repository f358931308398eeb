import type { DatasetFile, SourceExample } from '../example.js';
import { labelOf, wrong } from '../reading/fields.js';
import { textLines } from '../reading/file-lines.js';
import type { FileReport } from '../report.js';
import { genreSlice } from './genres.js';

interface GlueTask {
  /** Columns by name; null where the file has no header. */
  columns: readonly string[] | null;
  text: string;
  pair?: string;
  /** The column of the label, or of the score. */
  label: string;
  /** What the label's column has for examples that the authors leave out. */
  unlabelled?: string;
  /** Labels by what the file writes; without, a score. */
  labels?: Readonly<Record<string, string>>;
}

const ENTAILMENT = { entailment: 'entailment', not_entailment: 'not_entailment' };

/** Files of GLUE as it gives them out. Labels have the names that its authors, and Hugging Face, call them by. */
export const GLUE = {
  'glue-cola': {
    columns: null,
    text: '4',
    label: '2',
    labels: { 0: 'unacceptable', 1: 'acceptable' },
  },
  'glue-sst2': {
    columns: ['sentence', 'label'],
    text: 'sentence',
    label: 'label',
    labels: { 0: 'negative', 1: 'positive' },
  },
  'glue-mrpc': {
    columns: ['#1 String', '#2 String', 'Quality'],
    text: '#1 String',
    pair: '#2 String',
    label: 'Quality',
    labels: { 0: 'not_equivalent', 1: 'equivalent' },
  },
  'glue-qqp': {
    columns: ['question1', 'question2', 'is_duplicate'],
    text: 'question1',
    pair: 'question2',
    label: 'is_duplicate',
    labels: { 0: 'not_duplicate', 1: 'duplicate' },
  },
  'glue-stsb': {
    columns: ['genre', 'sentence1', 'sentence2', 'score'],
    text: 'sentence1',
    pair: 'sentence2',
    label: 'score',
  },
  'glue-mnli': {
    columns: ['genre', 'sentence1', 'sentence2', 'gold_label'],
    text: 'sentence1',
    pair: 'sentence2',
    label: 'gold_label',
    unlabelled: '-',
    labels: { entailment: 'entailment', neutral: 'neutral', contradiction: 'contradiction' },
  },
  'glue-qnli': {
    columns: ['question', 'sentence', 'label'],
    text: 'question',
    pair: 'sentence',
    label: 'label',
    labels: ENTAILMENT,
  },
  'glue-rte': {
    columns: ['sentence1', 'sentence2', 'label'],
    text: 'sentence1',
    pair: 'sentence2',
    label: 'label',
    labels: ENTAILMENT,
  },
  'glue-wnli': {
    columns: ['sentence1', 'sentence2', 'label'],
    text: 'sentence1',
    pair: 'sentence2',
    label: 'label',
    labels: { 0: 'not_entailment', 1: 'entailment' },
  },
} as const satisfies Record<string, GlueTask>;

/** Columns of CoLA, which has no header: source, label, the author's mark, sentence. */
const COLA_COLUMNS = ['1', '2', '3', '4'];

/** Reads a TSV of a GLUE task. Nothing is quoted in them: a `"` is a `"`. */
export function readGlue(task: keyof typeof GLUE) {
  const spec: GlueTask = GLUE[task];
  return async function* (file: DatasetFile, report: FileReport): AsyncGenerator<SourceExample> {
    let columns: readonly string[] | null = spec.columns ? null : COLA_COLUMNS;
    for await (const { number, text } of textLines(file, report)) {
      const cells = text.split('\t');
      if (columns) {
        const named = columns;
        if (spec.unlabelled !== undefined && cells[named.indexOf(spec.label)] === spec.unlabelled) {
          report.skip();
          continue;
        }
        const example = report.try(number, () => exampleOf(cells, named, spec, number));
        if (example) yield example;
        continue;
      }
      columns = cells;
      const missing = spec.columns!.filter((name) => !cells.includes(name));
      if (missing.length === 0) continue;
      const lacks = `${task} has the columns ${spec.columns!.join(', ')}; the first line lacks ${missing.join(', ')}.`;
      const test = missing.includes(spec.label) ? ' A test file without labels cannot be evaluated.' : '';
      report.note(number, 'validation', lacks + test);
      return;
    }
  };
}

function exampleOf(cells: string[], columns: readonly string[], spec: GlueTask, line: number): SourceExample {
  if (cells.length !== columns.length)
    throw wrong('', `the line has ${cells.length} columns, and ${columns.length} are expected`);
  const cell = (name: string) => cells[columns.indexOf(name)] ?? '';
  const raw = cell(spec.label);
  const expected = spec.labels ? labelOf(raw, spec.labels, `/${spec.label}`) : scoreOf(raw, spec.label);
  const text = cell(spec.text);
  const input = spec.pair === undefined ? text : { text, text_pair: cell(spec.pair) };
  return { input, expected, ...(columns.includes('genre') && genreSlice(cell('genre'))), line };
}

function scoreOf(raw: string, name: string): number {
  if (raw.trim() !== '' && Number.isFinite(Number(raw))) return Number(raw);
  throw wrong(`/${name}`, `"${raw}" is not a number`);
}
