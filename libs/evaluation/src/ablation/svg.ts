import { chart, element, shortName, text } from '../svg/svg.js';
import type { AblationReport, AblationRow } from './report.js';

const LEFT = 150;
const BAR = 22;
const GAP = 10;
const TOP = 56;
const WIDTH = 460;
const RIGHT = 130;
const COLOURS = { full: '#4a86c8', ablated: '#a9c8e8', int8: '#e0a24a' };

/** A bar a model of the table's first metric, with its 95 % interval. */
export function ablationSvg({ model, task, dataset, metrics, rows }: AblationReport): string {
  const metric = metrics[0]!;
  const bounds = rows.flatMap((row) => [row.metrics[metric] ?? 0, ...(row.confidence[metric] ?? [])]);
  // Correlations may be below 0.
  const low = Math.min(0, ...bounds);
  const high = Math.max(...bounds, low + 1e-6);
  const at = (value: number) => LEFT + ((value - low) / (high - low)) * WIDTH;
  const height = TOP + rows.length * (BAR + GAP) + 20;
  const title = `Ablation of ${model}: ${metric}`;
  return chart(LEFT + WIDTH + RIGHT, height, title, [
    text(16, 24, title, { 'font-size': 15 }),
    text(16, 42, `${task}, ${shortName(dataset.name)}, ${dataset.examples} examples; 95 % intervals`, {
      fill: '#555555',
    }),
    ...rows.flatMap((row, i) => bar(row, metric, TOP + i * (BAR + GAP), at)),
    element('line', { x1: at(0), x2: at(0), y1: TOP - 4, y2: height - 20, stroke: '#222222' }),
  ]);
}

function bar(row: AblationRow, metric: string, y: number, at: (value: number) => number): string[] {
  const middle = y + BAR / 2;
  const name = text(LEFT - 10, middle + 4, `${row.name} ${row.precision}`, { 'text-anchor': 'end' });
  const value = row.metrics[metric];
  if (value === undefined || value === null) {
    return [name, text(at(0) + 8, middle + 4, 'not measured', { fill: '#777777' })];
  }
  const fill =
    row.precision === 'int8' ? COLOURS.int8 : row.without.length > 0 ? COLOURS.ablated : COLOURS.full;
  const [from, to] = [Math.min(at(0), at(value)), Math.max(at(0), at(value))];
  const interval = row.confidence[metric];
  const end = Math.max(to, interval ? at(interval[1]) : 0);
  return [
    name,
    element('rect', { x: from, y, width: to - from, height: BAR, fill }),
    ...(interval ? whisker(at(interval[0]), at(interval[1]), middle) : []),
    text(end + 8, middle + 4, value.toFixed(4)),
  ];
}

function whisker(x1: number, x2: number, y: number): string[] {
  const stroke = { stroke: '#222222', 'stroke-width': 1 };
  return [
    element('line', { x1, x2, y1: y, y2: y, ...stroke }),
    ...[x1, x2].map((x) => element('line', { x1: x, x2: x, y1: y - 5, y2: y + 5, ...stroke })),
  ];
}
