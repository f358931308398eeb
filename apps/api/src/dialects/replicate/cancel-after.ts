import { HeddleError, LIMITS } from '@heddle/contracts';

const UNITS_S: Record<string, number> = { '': 1, s: 1, m: 60, h: 3_600 };

/** Seconds of `Cancel-After` (`90s`, `5m`, `1h30m`), a day at most; null without. Throws `validation`. */
export function cancelAfterS(header: string | string[] | undefined): number | null {
  if (header === undefined) return null;
  const text = String(header).trim();
  const parts = [...text.matchAll(/(\d{1,6})([smh]?)/g)];
  const whole = parts.map(([part]) => part).join('');
  const seconds = parts.reduce((sum, [, count, unit]) => sum + Number(count) * UNITS_S[unit!]!, 0);
  if (whole === text && seconds >= 1) return Math.min(seconds, LIMITS.maxDeadlineS);
  throw new HeddleError('validation', 'Cancel-After must be a time such as 90s, 5m or 1h.');
}
