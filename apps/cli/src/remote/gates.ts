import { type Gate, isLowerBetter, isMetric } from '@heddle/contracts';
import { CliError, EXIT } from './errors.js';
import { unknownMetric } from './metrics.js';

type Slice = NonNullable<Gate['slice']>;
type Refused = (why: string) => CliError;

const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;
/** Up to the first of the characters that compare, which no metric or number has; the value of a slice may. */
const PARTS = /^\s*([^[\]<>=!≤≥\s:]*)\s*(\[.*\])?\s*(?:[:\s]\s*)?((?:max_)?drop)?\s*([<>=!≤≥]+)\s*(.*?)\s*$/s;
const EXAMPLES = 'accuracy>=0.9, log_loss<=0.3, macro_f1 drop<=0.005 or accuracy[lang=de]>=0.8';

/**
 * A gate as people write it: `metric>=number` (at least), `metric<=number` (at most), `metric drop<=number` (how much worse than the
 * baseline, also `metric:drop<=number`), each of a slice with `metric[field=value]`. Throws CliError that says what is wrong.
 */
export function parseGate(text: string): Gate {
  const refused: Refused = (why) =>
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
  if (!isMetric(metric)) throw refused(unknownMetric(metric));
  if (comparison !== '>=' && comparison !== '<=') throw refused(`${comparison} is neither >= nor <=`);
  if (drop && comparison === '>=') throw refused('a drop is at most something: <=');
  const value = numberOf(number, refused);
  const of = { metric, ...(brackets === undefined ? {} : { slice: sliceOf(brackets, refused) }) };
  if (drop) {
    if (value < 0) throw refused('a drop is not negative');
    return { ...of, max_drop: value };
  }
  const isLower = isLowerBetter(metric);
  if (isLower && comparison === '>=') throw refused(`less of ${metric} is better: it has <=, or drop<=`);
  if (!isLower && comparison === '<=') throw refused(`more of ${metric} is better: it has >=, or drop<=`);
  if (isLower) return { ...of, max: value };
  if (value > 1) throw refused(`${metric} is never above 1: 90 % is 0.9`);
  return { ...of, min: value };
}

/** A gate as `parseGate` reads it. */
export function gateText({ metric, slice, ...rule }: Gate): string {
  const of = slice ? `${metric}[${slice.field}=${slice.value}]` : metric;
  if ('min' in rule) return `${of}>=${rule.min}`;
  return 'max' in rule ? `${of}<=${rule.max}` : `${of} drop<=${rule.max_drop}`;
}

function numberOf(text: string, refused: Refused): number {
  if (/^[\d.]+\s*%$/.test(text)) throw refused(`${text} is a percentage: shares are 0.9 and the like`);
  if (!NUMBER.test(text)) throw refused(`"${text}" is not a number`);
  return Number(text);
}

/** `[field=value]`. */
function sliceOf(brackets: string, refused: Refused): Slice {
  const inside = brackets.slice(1, -1);
  const separator = inside.indexOf('=');
  if (separator < 1 || separator === inside.length - 1)
    throw refused(`${brackets} is not a slice, which is [field=value]`);
  return { field: inside.slice(0, separator).trim(), value: inside.slice(separator + 1).trim() };
}
