import { HeddleError } from '@heddle/contracts';
import type { EvaluatedTask } from '../check-example.js';
import type { DatasetFile, SourceExample } from '../example.js';
import type { ReadOptions } from '../options.js';
import type { FileReport } from '../report.js';
import { readConll } from './conll.js';
import { readCsv } from './csv.js';
import { GLUE, readGlue } from './glue.js';
import { readJsonl } from './jsonl.js';
import { readNli } from './nli.js';
import { readParquet } from './parquet.js';
import { readRace } from './race.js';
import { readSquad } from './squad.js';
import { readSuperglue, SUPERGLUE } from './superglue.js';

/** Reads one file, from its beginning. What is wrong goes to the report; examples are not checked yet. */
type FileReader = (
  file: DatasetFile,
  report: FileReport,
  options: ReadOptions,
) => AsyncIterable<SourceExample>;

type GlueFormat = keyof typeof GLUE;
type SuperglueFormat = keyof typeof SUPERGLUE;
/** All formats; each may come in several files, one after the other, but for beir, whose files belong together. */
export type Format =
  | 'jsonl'
  | 'squad'
  | 'conll'
  | 'race'
  | 'nli'
  | 'beir'
  | 'csv'
  | 'parquet'
  | GlueFormat
  | SuperglueFormat;

/** What a file seems to be: a format, or what was seen that is none. */
export type Found = Format | { saw: string };

interface FileFormat {
  read: FileReader;
  /** What its examples are for; null where they, or the mapping, tell. */
  task: EvaluatedTask | null;
  /** It is in memory as a whole while it is read. */
  isWhole?: boolean;
}

const SUPERGLUE_TASKS: Partial<Record<SuperglueFormat, EvaluatedTask>> = {
  'superglue-copa': 'multiple-choice',
  'superglue-record': 'question-answering',
};

/** How the files of a format are read. */
export const FILE_FORMATS: Readonly<Record<Exclude<Format, 'beir'>, FileFormat>> = {
  jsonl: { read: readJsonl, task: null },
  squad: { read: readSquad, task: 'question-answering', isWhole: true },
  conll: { read: readConll, task: 'token-classification' },
  race: { read: readRace, task: 'multiple-choice' },
  nli: { read: readNli, task: 'text-classification' },
  csv: { read: readCsv, task: null },
  parquet: { read: readParquet, task: null, isWhole: true },
  ...byName(Object.keys(GLUE) as GlueFormat[], (name) => ({
    read: readGlue(name),
    task: 'text-classification',
  })),
  ...byName(Object.keys(SUPERGLUE) as SuperglueFormat[], (name) => ({
    read: readSuperglue(name),
    task: SUPERGLUE_TASKS[name] ?? 'text-classification',
  })),
};
export const FORMATS = [...Object.keys(FILE_FORMATS), 'beir'].sort() as Format[];

/** Whether a file of that format is in memory as a whole while it is read, and takes several times its size there. */
export function isReadWhole(format: Format): boolean {
  return format !== 'beir' && FILE_FORMATS[format].isWhole === true;
}

/** A format by its name, as a user gives it. Errors: `validation`. */
export function formatNamed(name: string): Format {
  if ((FORMATS as string[]).includes(name)) return name as Format;
  throw new HeddleError('validation', `There is no format "${name}". Formats are ${FORMATS.join(', ')}.`);
}

function byName<Name extends string>(
  names: readonly Name[],
  make: (name: Name) => FileFormat,
): Record<Name, FileFormat> {
  return Object.fromEntries(names.map((name) => [name, make(name)])) as Record<Name, FileFormat>;
}
