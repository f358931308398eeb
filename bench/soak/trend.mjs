/** How a value that is looked at again and again moves: medians by minute, and slopes that a few odd ones do not turn. */
import { round } from '../engine/compare.mjs';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
/** Of a normal distribution: between it on both sides lie 95 %. */
const Z_95 = 1.96;

/** Fewer minutes say nothing of a slope. */
const LEAST_MINUTES = 3;

/**
 * `samples` as `{at, value}`, `at` in milliseconds, in order. Per hour in the value's unit and in percent of the first
 * median: `theil_sen` with the 95 % interval of its rank correlation, `least_squares`. First and last are medians of the
 * first and last three minutes. Null where there are fewer minutes than that.
 */
export function trendOf(samples) {
  const minutes = mediansByMinute(samples);
  if (minutes.length < LEAST_MINUTES) return null;
  const edge = (part) => medianOf(part.map(({ value }) => value));
  const [first, last] = [edge(minutes.slice(0, LEAST_MINUTES)), edge(minutes.slice(-LEAST_MINUTES))];
  const perHour = (slope) => ({
    per_hour: round(slope * HOUR_MS, 2),
    percent_per_hour: round((100 * slope * HOUR_MS) / first, 2),
  });
  const { slope, low, high } = theilSen(minutes);
  return {
    first: round(first, 1),
    last: round(last, 1),
    theil_sen: perHour(slope),
    interval: [perHour(low), perHour(high)].map(({ percent_per_hour }) => percent_per_hour),
    least_squares: perHour(leastSquares(samples)),
    by_minute: minutes.map(({ value }) => round(value, 1)),
  };
}

/** The median of all slopes between two points, and the slopes between which it lies with 95 % (Sen 1968). */
function theilSen(points) {
  const slopes = points
    .flatMap((a, i) => points.slice(i + 1).map((b) => (b.value - a.value) / (b.at - a.at)))
    .sort((a, b) => a - b);
  const n = points.length;
  const width = Z_95 * Math.sqrt((n * (n - 1) * (2 * n + 5)) / 18);
  const [below, above] = [(slopes.length - width) / 2, (slopes.length + width) / 2];
  return {
    slope: medianOf(slopes),
    low: slopes[Math.max(0, Math.floor(below))],
    high: slopes[Math.min(slopes.length - 1, Math.ceil(above))],
  };
}

function leastSquares(points) {
  const mean = (of) => points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [at, value] = [mean((point) => point.at), mean((point) => point.value)];
  const covariance = mean((point) => (point.at - at) * (point.value - value));
  return covariance / mean((point) => (point.at - at) ** 2);
}

/** One point a minute, at its middle: what lies within one minute is not independent. */
function mediansByMinute(samples) {
  const minutes = new Map();
  for (const { at, value } of samples) {
    const minute = Math.floor((at - samples[0].at) / MINUTE_MS);
    minutes.set(minute, [...(minutes.get(minute) ?? []), value]);
  }
  return [...minutes].map(([minute, values]) => ({
    at: (minute + 0.5) * MINUTE_MS,
    value: medianOf(values),
  }));
}

function medianOf(values) {
  const [low, high] = [(values.length - 1) / 2, values.length / 2].map(
    (at) => values.toSorted((a, b) => a - b)[Math.floor(at)],
  );
  return (low + high) / 2;
}
