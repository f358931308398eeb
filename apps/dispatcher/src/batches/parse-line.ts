import {
  batchLine,
  checkForm,
  checkItems,
  checkParameters,
  checkValues,
  type ErrorCode,
  type FieldError,
  HeddleError,
  isStorableText,
  LIMITS,
  validate,
} from '@heddle/contracts';
import type { ClaimedBatch } from '@heddle/store';
import type { Line } from './line-reader.js';

/** What the lines of a batch are checked against. */
export type LineRules = Pick<ClaimedBatch, 'task' | 'parameters' | 'manifest'>;

/** A line that can run. */
export interface ReadyLine {
  customId: string;
  input: unknown;
  /** With the batch's where it says nothing, and the task's defaults; the same object of all lines that say nothing. */
  parameters: Record<string, unknown>;
  /** Estimated tokens. */
  cost: number;
}

/** Why a line cannot run. */
export class LineFault extends Error {
  constructor(
    readonly code: ErrorCode,
    message: string,
    /** Where it could be read. */
    readonly customId: string | null,
  ) {
    super(message);
    this.name = 'LineFault';
  }
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
/** Wrong places that a message names, and characters of each, and of what is said of it: names of members may be as long as the line. */
const MOST_NAMED = 3;
const MOST_CHARS = 200;

/** Throws `LineFault`: `line-too-long`, `not-utf8`, `malformed-json`, `validation`. */
export function parseLine({ bytes }: Line, rules: LineRules): ReadyLine {
  if (bytes === null)
    throw new LineFault('line-too-long', `A line has at most ${LIMITS.maxLineBytes} bytes.`, null);
  const value = jsonIn(bytes);
  const customId = customIdIn(value);
  try {
    checkValues(value);
    const line = validate(batchLine, value);
    const parameters = line.parameters
      ? checkedParameters({ ...rules.parameters, ...line.parameters }, rules)
      : ownParameters(rules);
    const cost = checkItems(rules.task, [line.input], parameters, rules.manifest);
    return { customId: line.custom_id, input: line.input, parameters, cost };
  } catch (error) {
    throw faultOf(error, customId);
  }
}

const own = new WeakMap<LineRules, () => Record<string, unknown>>();

/** Those of the batch, checked once: there may be many lines, and they may be large. All lines without their own share them. */
function ownParameters(rules: LineRules): Record<string, unknown> {
  let get = own.get(rules);
  if (!get) {
    try {
      const parameters = checkedParameters(rules.parameters, rules);
      get = () => parameters;
    } catch (error) {
      get = () => {
        throw error;
      };
    }
    own.set(rules, get);
  }
  return get();
}

function checkedParameters(given: Record<string, unknown>, { task, manifest }: LineRules) {
  return checkParameters(task, given, manifest.architecture);
}

/** The `custom_id` of a line whatever else is wrong with it, where it can be read. */
export function customIdOf({ bytes }: Line): string | null {
  try {
    return bytes && customIdIn(jsonIn(bytes));
  } catch (error) {
    if (error instanceof LineFault) return null;
    throw error;
  }
}

function jsonIn(bytes: Buffer): unknown {
  let text: string;
  try {
    text = UTF8.decode(bytes);
  } catch {
    throw new LineFault('not-utf8', 'The line holds bytes that are not UTF-8.', null);
  }
  try {
    checkForm(text);
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof HeddleError) throw faultOf(error, null);
    throw new LineFault('malformed-json', 'The line is not JSON.', null);
  }
}

function customIdIn(value: unknown): string | null {
  const id = (value as { custom_id?: unknown } | null)?.custom_id;
  const shown = typeof id === 'string' && [...id].length <= LIMITS.maxCustomIdChars && isStorableText(id);
  return shown && id !== '' ? id : null;
}

/** What a request would be refused with, as a fault of a line. */
function faultOf(error: unknown, customId: string | null): unknown {
  if (!(error instanceof HeddleError)) return error;
  const code = error.code === 'malformed-json' ? error.code : 'validation';
  return new LineFault(code, messageOf(error), customId);
}

function messageOf({ message, errors }: HeddleError): string {
  if (errors.length === 0) return cut(message);
  const named = errors.slice(0, MOST_NAMED).map(placed).join('; ');
  return errors.length > MOST_NAMED ? `${named}; and more` : named;
}

/** A line has one input, which a job calls the first of its inputs. */
function placed({ pointer, message }: FieldError): string {
  const place = pointer.replace(/^\/inputs\/0/, '/input');
  return place === '' ? cut(message) : `${cut(place)}: ${cut(message)}`;
}

/** The beginning of what may be long, as it can be stored. */
function cut(text: string): string {
  const shown = text.length <= MOST_CHARS ? text : `${text.slice(0, MOST_CHARS)}…`;
  return shown.toWellFormed().replaceAll('\0', '\ufffd');
}
