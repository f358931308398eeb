import { CliError, EXIT } from './errors.js';

/** What an evaluation must show of a metric, over all examples or those of a slice. */
export type Gate = { metric: string; slice?: Slice } & (
  | { min: number }
  | { max: number }
  | { max_drop: number }
);

interface Slice {
  field: string;
  value: string;
}

const METRIC = /^[a-z][a-z0-9_]{0,31}(@[1-9][0-9]{0,3})?$/;
const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;
/** Up to the first of the characters that compare, which no metric or number has; the value of a slice may. */
const PARTS = /^\s*([^[\]<>=\s:]*)\s*(\[.*\])?\s*(?:[:\s]\s*)?(drop)?\s*([<>=!]+)\s*(.*?)\s*$/s;
const EXAMPLES = 'accuracy>=0.9, log_loss<=0.3, macro_f1 drop<=0.005 or accuracy[lang=de]>=0.8';

/**
 * A gate as people write it: `metric>=number` (at least), `metric<=number` (at most), `metric drop<=number` (how much worse than the
 * baseline, also `metric:drop<=number`), each of a slice with `metric[field=value]`. Throws CliError that says what is wrong.
 */
export function parseGate(text: string): Gate {
  const refused = (why: string) =>
    new CliError(`--gate "${text}": ${why}. A gate is like ${EXAMPLES}`, EXIT.usage);
  const parts = PARTS.exec(text);
  if (!parts) throw refused('it compares nothing with >= or <=');
  const [, metric, brackets, drop, comparison, number] = parts as unknown as [
    string,
    string,
    string | undefined,
    string | undefined,
    string,
    string,
  ];
  if (!METRIC.test(metric)) throw refused(`"${metric}" is not the name of a metric`);
  if (comparison !== '>=' && comparison !== '<=') throw refused(`${comparison} is neither >= nor <=`);
  if (drop && comparison === '>=') throw refused('a drop is at most something: <=');
  if (/^[\d.]+\s*%$/.test(number)) throw refused(`${number} is a percentage: shares are 0.9 and the like`);
  if (!NUMBER.test(number)) throw refused(`"${number}" is not a number`);
  const value = Number(number);
  if (drop && value < 0) throw refused('a drop is not negative');
  const of = { metric, ...(brackets === undefined ? {} : { slice: sliceOf(brackets, refused) }) };
  if (drop) return { ...of, max_drop: value };
  return comparison === '>=' ? { ...of, min: value } : { ...of, max: value };
}

/** A gate as `parseGate` reads it. */
export function gateText({ metric, slice, ...rule }: Gate): string {
  const of = slice ? `${metric}[${slice.field}=${slice.value}]` : metric;
  if ('min' in rule) return `${of}>=${rule.min}`;
  return 'max' in rule ? `${of}<=${rule.max}` : `${of} drop<=${rule.max_drop}`;
}

/** `[field=value]`. */
function sliceOf(brackets: string, refused: (why: string) => CliError): Slice {
  const inside = brackets.slice(1, -1);
  const separator = inside.indexOf('=');
  if (separator < 1 || separator === inside.length - 1)
    throw refused(`${brackets} is not a slice, which is [field=value]`);
  return { field: inside.slice(0, separator).trim(), value: inside.slice(separator + 1).trim() };
}
