import { HeddleError } from '@heddle/contracts';
import { z } from 'zod';
import { CONFIG_KEYS, type Dialect, type RawConfig, REQUIRED } from './keys.js';

/** Where a dialect's default stands in a row of the table. */
const COLUMNS: Record<Dialect, 0 | 1 | 2> = { deberta: 0, 'deberta-v2': 1, microsoft: 2 };
/** Values are quoted in messages up to here. */
const MAX_QUOTED_CHARS = 80;

/** Throws `invalid-config` naming every key whose value is of the wrong type, out of range or missing. */
export function parseConfig(json: object, dialect: Dialect): RawConfig {
  const rows = Object.entries(CONFIG_KEYS).map(([key, [type, defaults]]) => ({
    key,
    type: type as z.ZodType,
    absent: defaults[COLUMNS[dialect]] as unknown,
  }));
  const read = rows.filter(({ absent }) => !isUnread(absent));
  const schema = z.object(
    Object.fromEntries(
      read.map(({ key, type, absent }) => [key, absent === REQUIRED ? type : type.nullish()]),
    ),
  );
  const parsed = schema.safeParse(json, { reportInput: true });
  if (!parsed.success) {
    const faults = parsed.error.issues.map(
      (issue) => `${issue.path.join('.') || 'the configuration'} is ${quote(issue.input)}: ${issue.message}`,
    );
    throw new HeddleError('invalid-config', faults.join('; '));
  }
  const values = rows.map(({ key, absent }) => [
    key,
    isUnread(absent) ? absent.unread : (parsed.data[key] ?? absent),
  ]);
  return Object.fromEntries(values) as RawConfig;
}

/** A value of the configuration as messages show it. */
export function quote(value: unknown): string {
  const text = JSON.stringify(value) ?? 'absent';
  return text.length > MAX_QUOTED_CHARS ? `${text.slice(0, MAX_QUOTED_CHARS)}…` : text;
}

/** Refuses a value the compiler knows nothing to do with. */
export function unsupported(key: string, value: unknown, supported: readonly unknown[]): never {
  throw new HeddleError(
    'unsupported-architecture',
    `${key} is ${quote(value)}; supported: ${supported.map((one) => JSON.stringify(one)).join(', ')}`,
  );
}

function isUnread(value: unknown): value is { unread: unknown } {
  return typeof value === 'object' && value !== null && 'unread' in value;
}
