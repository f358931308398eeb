import {
  batchLine,
  checkItems,
  checkParameters,
  checkValues,
  customIdIn,
  HeddleError,
  jsonOfLine,
  type Line,
  LineFault,
  lineFaultOf,
  lineTooLong,
  refuseCount,
  validate,
} from '@heddle/contracts';
import { openaiLineOf } from '@heddle/dialects';
import type { ClaimedBatch } from '@heddle/store';
import { openaiOriginOf } from './dialect.js';

/** What the lines of a batch are checked against. */
export type LineRules = Pick<ClaimedBatch, 'task' | 'parameters' | 'manifest' | 'dialect'>;

/** A line that can run. */
export interface ReadyLine {
  customId: string;
  /** One, but for lines of OpenAI's form. */
  inputs: unknown[];
  /** With the batch's where it says nothing, and the task's defaults; the same object of all lines that say nothing. */
  parameters: Record<string, unknown>;
  /** Estimated tokens. */
  cost: number;
}

/** Throws `LineFault`: `line-too-long`, `not-utf8`, `malformed-json`, `invalid-url`, `validation`. */
export function parseLine({ bytes }: Line, rules: LineRules): ReadyLine {
  if (bytes === null) throw lineTooLong();
  const value = jsonIn(bytes);
  const customId = customIdIn(value);
  try {
    checkValues(value);
    const line = lineIn(value, rules);
    const parameters = line.parameters
      ? checkedParameters({ ...rules.parameters, ...line.parameters }, rules)
      : ownParameters(rules);
    const cost = checkItems(rules.task, line.inputs, parameters, rules.manifest);
    return { customId: line.customId, inputs: line.inputs, parameters, cost };
  } catch (error) {
    throw lineFaultOf(error, customId);
  }
}

/** Errors: `validation`, `invalid-url`, `too-many-inputs`, `invalid-input` where a line has none. */
function lineIn(
  value: unknown,
  rules: LineRules,
): { customId: string; inputs: unknown[]; parameters: Record<string, unknown> | undefined } {
  const origin = openaiOriginOf(rules);
  if (!origin) {
    const { custom_id: customId, input, parameters } = validate(batchLine, value);
    return { customId, inputs: [input], parameters };
  }
  const { customId, call } = openaiLineOf(value, origin.endpoint);
  const { model, inputs, parameters } = call;
  refuseCount(inputs);
  const { task = rules.manifest.tasks[0] } = call;
  if (model !== origin.model) throw differs('/body/model', `must be ${origin.model}, as of the lines before`);
  if (task !== rules.task) throw differs('/body', `must ask for ${rules.task}, as the lines before`);
  return { customId, inputs, parameters };
}

function differs(pointer: string, message: string): HeddleError {
  const errors = [{ pointer, code: 'value', message }];
  return new HeddleError('validation', 'A file is of one model and one task.', { errors });
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
  try {
    return jsonOfLine(bytes);
  } catch (error) {
    throw lineFaultOf(error, null);
  }
}
