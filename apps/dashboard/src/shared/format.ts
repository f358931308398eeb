const MS_PER_S = 1_000;
const S_PER_MIN = 60;
const S_PER_HOUR = 3_600;
const S_PER_DAY = 86_400;

/** What stands where there is nothing to say. */
export const NOTHING = '–';

/** `1,204`; `12.3 K` from ten thousand on. */
export function formatCount(count: number | null | undefined): string {
  if (count == null) return NOTHING;
  if (Math.abs(count) < 10_000) return count.toLocaleString('en', { maximumFractionDigits: 0 });
  return count.toLocaleString('en', { notation: 'compact', maximumFractionDigits: 1 });
}

/** A number a second: `0.25`, `3.4`, `120`. */
export function formatRate(perSecond: number | null | undefined): string {
  if (perSecond == null) return NOTHING;
  if (perSecond >= 10_000) return formatCount(perSecond);
  return perSecond.toLocaleString('en', { maximumSignificantDigits: perSecond < 100 ? 2 : 4 });
}

/** 0 … 1 as `12.3 %`; what is not nothing never shows as nothing. */
export function formatShare(share: number | null | undefined): string {
  if (share == null) return NOTHING;
  if (share > 0 && share < 0.001) return '< 0.1 %';
  return `${(share * 100).toLocaleString('en', { maximumFractionDigits: 1 })} %`;
}

/** A probability or score with four places; larger ones with fewer. */
export function formatScore(score: number | null | undefined): string {
  if (score == null) return NOTHING;
  return Math.abs(score) < 100 ? score.toFixed(4) : score.toPrecision(6);
}

/** Milliseconds as `0.4 ms`, `320 ms`, `4.2 s`, `3 min 5 s`, `2 h 4 min`, `3 d 2 h`. */
export function formatDuration(ms: number | null | undefined): string {
  if (ms == null) return NOTHING;
  if (ms === 0) return '0 ms';
  if (ms < 1) return `${ms.toFixed(1)} ms`;
  if (ms < 10) return `${Number(ms.toFixed(1))} ms`;
  if (ms < MS_PER_S) return `${Math.round(ms)} ms`;
  const s = ms / MS_PER_S;
  if (s < S_PER_MIN) return `${Number(s.toFixed(1))} s`;
  const whole = Math.round(s);
  if (whole < S_PER_HOUR) return two(Math.floor(whole / S_PER_MIN), 'min', whole % S_PER_MIN, 's');
  if (whole < S_PER_DAY)
    return two(Math.floor(whole / S_PER_HOUR), 'h', Math.floor((whole % S_PER_HOUR) / S_PER_MIN), 'min');
  return two(Math.floor(whole / S_PER_DAY), 'd', Math.floor((whole % S_PER_DAY) / S_PER_HOUR), 'h');
}

function two(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}

/** Binary units: `512 B`, `1.5 KiB`, `200 MiB`. */
export function formatBytes(bytes: number | null | undefined): string {
  if (bytes == null) return NOTHING;
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${Number(value.toFixed(value < 10 && unit > 0 ? 1 : 0))} ${units[unit]}`;
}

/** How long ago a time is, coarsely: `just now`, `40 s ago`, `3 h ago`; of one to come `in 5 min`. */
export function formatAgo(at: string, now: number): string {
  const ms = now - Date.parse(at);
  const s = Math.round(Math.abs(ms) / MS_PER_S);
  if (s < 5) return 'just now';
  const text =
    s < S_PER_MIN
      ? `${s} s`
      : s < S_PER_HOUR
        ? `${Math.floor(s / S_PER_MIN)} min`
        : s < S_PER_DAY
          ? `${Math.floor(s / S_PER_HOUR)} h`
          : `${Math.floor(s / S_PER_DAY)} d`;
  return ms >= 0 ? `${text} ago` : `in ${text}`;
}

const WHEN = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const CLOCK = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const DAY = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const WHEN_WITH_ZONE = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'long' });

/** A time in the reader's zone and language. */
export function formatTime(at: string | null | undefined): string {
  return at == null ? NOTHING : WHEN.format(new Date(at));
}

/** The time of day in the reader's zone. */
export const formatClock = (at: Date): string => CLOCK.format(at);
/** The day in the reader's zone. */
export const formatDay = (at: Date): string => DAY.format(at);

/** The same with the day of the week and the zone. */
export function formatTimeInFull(at: string): string {
  return WHEN_WITH_ZONE.format(new Date(at));
}

/** The beginning and end of an id, which tell ids apart. */
export function shortId(id: string): string {
  return id.length <= 16 ? id : `${id.slice(0, 8)}…${id.slice(-6)}`;
}
