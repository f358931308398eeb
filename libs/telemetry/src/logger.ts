import { HeddleError } from '@heddle/contracts';
import { pino, stdTimeFunctions } from 'pino';

/** What processes log with. Fields are ids, counts and durations: never a text, a key or a URL with a password. */
export interface Logger {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
}
type LogFields = Record<string, unknown>;

export interface LoggerOptions {
  process: string;
  level: string;
  /** For people instead of machines: `12:00:01.123 warn  worker  message key=value`. */
  pretty: boolean;
}

/** One JSON object a line on standard error; errors with their causes under `error`. */
export function createLogger(options: LoggerOptions): Logger {
  const destination = options.pretty
    ? { write: (line: string) => void process.stderr.write(prettify(line)) }
    : pino.destination(2);
  return pino(
    {
      level: options.level,
      base: { process: options.process },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: describeError },
    },
    destination,
  );
}

/** SQLSTATE classes and network codes of a server that is away, full or refuses: said often, and no bug of ours. */
const OUTAGE = /^((08|53)\w{3}|57P\w{2}|ECONN\w+|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH)$/;

/** Name, code, message, stack and causes of an error; of an outage one line. */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { code } = error as { code?: unknown };
  if (typeof code === 'string' && OUTAGE.test(code))
    return error.message ? `${error.message} (${code})` : code;
  return {
    name: error.name,
    message: error.message,
    ...(error instanceof HeddleError ? { code: error.code } : {}),
    stack: error.stack,
    ...(error.cause === undefined ? {} : { cause: describeError(error.cause) }),
  };
}

function prettify(line: string): string {
  const { level, time, process: name, msg, error, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const pairs = Object.entries(fields).map(([key, value]) => ` ${key}=${JSON.stringify(value)}`);
  const reason =
    typeof error === 'string' ? `: ${error}` : error ? `\n${JSON.stringify(error, null, 2)}` : '';
  return `${String(time).slice(11, 23)} ${String(level).padEnd(5)} ${String(name).padEnd(10)} ${String(msg)}${pairs.join('')}${reason}\n`;
}
