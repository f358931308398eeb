import { useComputedColorScheme } from '@mantine/core';
import { type RefObject, useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { formatClock, formatCount, formatDay, formatTime, NOTHING } from './format.js';

export interface Series {
  label: string;
  /** One a time; null where there is none, which leaves a gap. */
  values: readonly (number | null)[];
}

const HEIGHT_PX = 180;
const AXIS_PX = 56;
const TIME_AXIS_PX = 28;
/** Steps of an axis that counts whole things. */
const WHOLE_STEPS = Array.from({ length: 10 }, (_, power) =>
  [1, 2, 5].map((one) => one * 10 ** power),
).flat();
const DAY_S = 86_400;
/** How many colours base.css names. */
const COLORS = 3;

/** Draws into the element of the answered ref, as wide as it is, in the colours of the scheme. */
export function useChart(
  times: readonly string[],
  series: readonly Series[],
  format: (value: number | null) => string,
): RefObject<HTMLDivElement | null> {
  const element = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(null);
  const formatting = useRef(format);
  formatting.current = format;
  const scheme = useComputedColorScheme();
  const labels = series.map(({ label }) => label).join('\n');
  const data = useRef<uPlot.AlignedData>([[]]);
  data.current = [
    times.map((at) => Date.parse(at) / 1000),
    ...series.map(({ values }) => [...values]),
  ] as uPlot.AlignedData;

  // biome-ignore lint/correctness/useExhaustiveDependencies: another scheme has other colours
  useEffect(() => {
    const parent = element.current!;
    const made = new uPlot(
      optionsOf(
        parent,
        labels.split('\n'),
        (value) => formatting.current(value),
        formatting.current === formatCount,
      ),
      data.current,
      parent,
    );
    plot.current = made;
    const watch = new ResizeObserver(() => made.setSize({ width: parent.clientWidth, height: HEIGHT_PX }));
    watch.observe(parent);
    return () => {
      watch.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [labels, scheme]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: what is drawn is what these two say
  useEffect(() => plot.current?.setData(data.current), [times, series]);
  return element;
}

function optionsOf(
  parent: HTMLElement,
  labels: readonly string[],
  format: (value: number | null) => string,
  whole: boolean,
): uPlot.Options {
  const css = getComputedStyle(parent);
  const axis = {
    stroke: css.getPropertyValue('--chart-ink'),
    font: `11px ${css.fontFamily}`,
    grid: { stroke: css.getPropertyValue('--chart-grid'), width: 1 },
    ticks: { show: false },
  };
  return {
    width: parent.clientWidth,
    height: HEIGHT_PX,
    scales: { y: { range: (_, __, max) => [0, max > 0 ? max * 1.1 : 1] } },
    axes: [
      { ...axis, size: TIME_AXIS_PX, grid: { show: false }, values: (_, splits) => clocks(splits) },
      {
        ...axis,
        size: AXIS_PX,
        values: (_, splits) => splits.map((value) => format(value)),
        ...(whole ? { incrs: WHOLE_STEPS } : {}),
      },
    ],
    series: [
      { value: (_, at) => (at === null ? NOTHING : formatTime(new Date(at * 1000).toISOString())) },
      ...labels.map((label, at) => ({
        label,
        stroke: css.getPropertyValue(`--series-${(at % COLORS) + 1}`),
        // Lines differ by more than their colour.
        dash: at === 0 ? undefined : [6 - 2 * at, 3],
        width: 2,
        // A single line stands on its ground, several would cover one another.
        fill: labels.length === 1 ? css.getPropertyValue('--series-fill') : undefined,
        points: { show: false },
        value: (_: uPlot, value: number | null) => format(value),
      })),
    ],
  };
}

/** Marks of the axis of time: the time of day where they are close together, else the day. */
function clocks(splits: readonly number[]): string[] {
  const stepS = (splits[1] ?? 0) - (splits[0] ?? 0);
  return splits.map((at) => (stepS < DAY_S ? formatClock : formatDay)(new Date(at * 1000)));
}
