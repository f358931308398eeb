import { chart, element, shortName, text } from '../svg/svg.js';
import { type AttentionReport, type ByDistance, SHARES } from './profile.js';

const LEFT = 60;
const TOP = 60;
const PLOT = { width: 460, height: 240 };
const CELL = { width: 34, height: 22 };
const PANEL_GAP = 40;
/** Room for a panel's title. */
const PANEL_MIN_WIDTH = 130;

/** Left the attention by distance of every layer, right the shares of every layer and head. */
export function attentionSvg(report: AttentionReport): string {
  const heads = report.layers[0]!.heads.length;
  const panelWidth = Math.max(PANEL_MIN_WIDTH, heads * CELL.width);
  const panelLeft = LEFT + PLOT.width + 110;
  const shown = SHARES.filter((share) => share !== 'first');
  const panelHeight = report.layers.length * CELL.height + 46;
  const width = panelLeft + 2 * panelWidth + PANEL_GAP + 20;
  const height = Math.max(TOP + PLOT.height + 60, TOP + Math.ceil(shown.length / 2) * panelHeight + 10);
  const title = `Attention of ${report.model}`;
  return chart(Math.max(width, 640), height, title, [
    text(16, 24, title, { 'font-size': 15 }),
    text(
      16,
      42,
      `${shortName(report.dataset)}, ${report.texts} texts; left: attention by distance against uniform; right: shares, layers down, heads across`,
      {
        fill: '#555555',
      },
    ),
    ...curves(report),
    ...shown.flatMap((share, i) =>
      panel(
        report,
        share,
        panelLeft + (i % 2) * (panelWidth + PANEL_GAP),
        TOP + Math.floor(i / 2) * panelHeight,
      ),
    ),
  ]);
}

function curves({ layers, distances, by_distance }: AttentionReport): string[] {
  const all: [string, ByDistance, string][] = layers.map((layer) => [
    `layer ${layer.layer}`,
    layer.by_distance,
    colourOf(layer.layer, layers.length),
  ]);
  const series: typeof all = [...all, ['all', by_distance, '#222222']];
  const values = series.flatMap(([, { lift }]) => lift.filter((value) => value !== null));
  const high = Math.max(1, ...values);
  const x = (at: number) => LEFT + (at / (distances.length - 1)) * PLOT.width;
  const y = (value: number) => TOP + PLOT.height - (value / high) * PLOT.height;
  const axis = { stroke: '#222222', 'stroke-width': 1 };
  const bottom = TOP + PLOT.height;
  return [
    element('line', { x1: LEFT, x2: LEFT + PLOT.width, y1: bottom, y2: bottom, ...axis }),
    element('line', { x1: LEFT, x2: LEFT, y1: TOP, y2: bottom, ...axis }),
    element('line', {
      x1: LEFT,
      x2: LEFT + PLOT.width,
      y1: y(1),
      y2: y(1),
      stroke: '#999999',
      'stroke-dasharray': '4 3',
    }),
    text(LEFT - 8, y(1) + 4, '1', { 'text-anchor': 'end' }),
    text(LEFT - 8, TOP + 4, high.toFixed(1), { 'text-anchor': 'end' }),
    ...[-64, -32, -8, 0, 8, 32, 64]
      .map((distance) => [distance, distances.indexOf(distance)] as const)
      .filter(([, at]) => at >= 0)
      .map(([distance, at]) => text(x(at), bottom + 18, String(distance), { 'text-anchor': 'middle' })),
    text(LEFT + PLOT.width / 2, bottom + 38, 'distance: query less key', { 'text-anchor': 'middle' }),
    ...series.map(([name, { lift }, stroke]) =>
      element('polyline', {
        points: lift
          .flatMap((value, at) => (value === null ? [] : [`${x(at).toFixed(1)},${y(value).toFixed(1)}`]))
          .join(' '),
        fill: 'none',
        stroke,
        'stroke-width': name === 'all' ? 2 : 1.2,
      }),
    ),
    ...series.map(([name, , fill], i) =>
      text(LEFT + PLOT.width + 8, TOP + 12 + 14 * i, name, { fill, 'font-size': 11 }),
    ),
  ];
}

/** A square a head: layers from top to bottom, heads from left to right. */
function panel(
  { layers, uniform }: AttentionReport,
  share: (typeof SHARES)[number],
  left: number,
  top: number,
): string[] {
  const title = `${share} (uniform ${percent(uniform[share])})`;
  return [
    text(left, top, title, { 'font-size': 11 }),
    ...layers.flatMap((layer, row) =>
      layer.heads.flatMap((head, column) => {
        const at = { x: left + column * CELL.width, y: top + 8 + row * CELL.height };
        const value = head[share];
        const fill = value > 0.55 ? '#ffffff' : '#222222';
        return [
          element('rect', { ...at, width: CELL.width - 2, height: CELL.height - 2, fill: shade(value) }),
          text(at.x + CELL.width / 2 - 1, at.y + 14, percent(value), {
            'text-anchor': 'middle',
            'font-size': 10,
            fill,
          }),
        ];
      }),
    ),
  ];
}

const percent = (value: number): string => `${Math.round(100 * value)}%`;

/** From white to dark blue. */
function shade(value: number): string {
  const mix = (from: number, to: number) => Math.round(from + (to - from) * Math.min(1, Math.max(0, value)));
  return `rgb(${mix(255, 16)},${mix(255, 60)},${mix(255, 120)})`;
}

/** From light to dark with depth. */
function colourOf(layer: number, layers: number): string {
  const share = layers === 1 ? 1 : layer / (layers - 1);
  return `hsl(${Math.round(200 + 130 * share)},65%,45%)`;
}
