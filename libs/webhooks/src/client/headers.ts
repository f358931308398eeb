const NAME = /^[a-z0-9!#$%&'*+.^_`|~-]+$/i;
const VALUE = /^[\x20-\x7e]*$/;
/** They frame the message or say where it goes, which is not for callers to say. */
const OWN = new Set(['host', 'connection', 'content-length', 'transfer-encoding', 'expect', 'upgrade', 'te']);

/**
 * Throws for headers that would end early, begin another header or another request, or contradict the message. No
 * receiver causes that, so it is a bug of the caller.
 */
export function assertSafe(headers: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(headers)) {
    if (!NAME.test(name) || OWN.has(name.toLowerCase()))
      throw new TypeError(`${JSON.stringify(name)} is no header that a webhook may have`);
    if (!VALUE.test(value))
      throw new TypeError(`the header ${name} has more than visible ASCII in its value`);
  }
}

const SECONDS = /^\d{1,9}$/;
const HTTP_DATE = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? .+/;

/** Seconds (≥ 0) that `Retry-After` asks for, as a number or as a date; null when it is absent or neither. */
export function retryAfter(header: string | undefined, now = Date.now()): number | null {
  if (header === undefined) return null;
  if (SECONDS.test(header)) return Number(header);
  const at = HTTP_DATE.test(header) ? Date.parse(header) : Number.NaN;
  return Number.isNaN(at) ? null : Math.max(0, Math.ceil((at - now) / 1000));
}
