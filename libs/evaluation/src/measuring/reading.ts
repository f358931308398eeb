import { HeddleError } from '@heddle/contracts';
import { detectFormat, type Format, formatNamed, parseMapping, type ReadOptions } from '../datasets/index.js';
import { labelNames, type Measured, problemOf, type ReadingOptions } from './measuring.js';

/** How the examples of a data set are read. Errors: `validation` for a wrong mapping. */
export function readOptions(measured: Measured): ReadOptions {
  const { labels } = measured.options;
  return {
    task: measured.task,
    problemType: problemOf(measured),
    labels: { ...labelNames(measured), ...(labels && { mapping: labels }) },
    ...columnOptions(measured.options),
  };
}

/** Where the members of an example stand in a file. Errors: `validation` for a wrong mapping. */
export function columnOptions({ mapping, csv, conll }: Omit<ReadingOptions, 'labels'>): ReadOptions {
  return {
    ...(mapping && { mapping: parseMapping(mapping) }),
    ...(csv && { csv: withoutAbsent(csv) }),
    ...(conll && {
      conll: withoutAbsent({ tokenColumn: conll.token_column, tagColumn: conll.tag_column }),
    }),
  };
}

/**
 * The format of a data set of one file: the one that is named, JSONL where a mapping says what its lines are, else what the file looks
 * like; `firstBytes` (`DETECTION_BYTES`, or all) are asked for only then. Errors: `validation`.
 */
export async function formatOfFile(
  filename: string,
  { format, mapping }: { format?: string | null | undefined } & Pick<ReadingOptions, 'mapping'>,
  firstBytes: () => Promise<Uint8Array>,
): Promise<Exclude<Format, 'beir'>> {
  const found = await formatOfFiles(filename, { format, mapping }, firstBytes);
  if (found !== 'beir') return found;
  throw new HeddleError('validation', 'The files of a BEIR data set are converted to one of JSONL first.');
}

/** The same of a data set of several files, by the first of them. */
export async function formatOfFiles(
  filename: string,
  { format, mapping }: { format?: string | null | undefined } & Pick<ReadingOptions, 'mapping'>,
  firstBytes: () => Promise<Uint8Array>,
): Promise<Format> {
  if (format) return formatNamed(format);
  const isMapped = mapping !== undefined && /\.jsonl?$/i.test(filename);
  return isMapped ? 'jsonl' : detectFormat(await firstBytes(), filename);
}

type Present<T> = { [Key in keyof T]?: Exclude<T[Key], undefined> };

function withoutAbsent<T extends object>(options: T): Present<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Present<T>;
}
