const BARS = '▁▂▃▄▅▆▇█';
const COLUMNS = 72;

/** Two lines of bars: what comes, in workers, and the workers there are. */
export function textPlot({ samples }) {
  const most = Math.max(...columns(samples, 'workers'), ...columns(samples, 'demand'));
  const bars = (key) =>
    columns(samples, key)
      .map((value) => (value < most / 1000 ? ' ' : BARS[Math.min(7, Math.floor((value / most) * 8))]))
      .join('');
  return `  demand  ${bars('demand')}\n  workers ${bars('workers')}  up to ${Math.round(most)}`;
}

function columns(samples, key) {
  const size = samples.length / COLUMNS;
  return Array.from({ length: COLUMNS }, (_, i) =>
    mean(samples.slice(Math.floor(i * size), Math.floor((i + 1) * size)).map((sample) => sample[key])),
  );
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

const PANEL = { width: 380, height: 170, left: 34, top: 34, right: 12, bottom: 26 };
const POINTS = 240;
/** Charts taller than this are cut: a flood comes within a minute. */
const MOST_SHOWN = 16;

/** A panel for each pattern: demand as an area, workers as a line, the fixed fleet that makes nobody wait longer dashed. */
export function svgOf(compared) {
  const rows = Math.ceil(compared.length / 2);
  const [width, height] = [2 * PANEL.width, rows * PANEL.height + 24];
  const panels = compared.map(({ pattern, scaled, same_wait: fixed }, i) => {
    const x = (i % 2) * PANEL.width;
    const y = Math.floor(i / 2) * PANEL.height;
    return `<g transform="translate(${x} ${y})">\n${panel(pattern, scaled.samples, fixed.workers)}\n</g>`;
  });
  const legend = [
    ['#9ec5e8', 'demand, in workers'],
    ['#c2410c', 'workers with autoscaling'],
    ['#555555', 'fixed fleet with the same p95 wait (dashed)'],
  ].map(
    ([colour, name], i) =>
      `<rect x="${34 + i * 200}" y="${height - 18}" width="10" height="10" fill="${colour}"/><text x="${50 + i * 200}" y="${height - 9}">${name}</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" role="img" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="11" fill="#222222">
<title>Workers over time by pattern of traffic</title>
<rect width="${width}" height="${height}" fill="#ffffff"/>
${panels.join('\n')}
${legend.join('\n')}
</svg>
`;
}

function panel({ name, durationS }, samples, fixed) {
  const { width, height, left, top, right, bottom } = PANEL;
  const [w, h] = [width - left - right, height - top - bottom];
  const reached = Math.max(...samples.map(({ workers, demand }) => Math.max(workers, demand)), fixed);
  const most = Math.min(MOST_SHOWN, Math.ceil(reached));
  const x = (t) => round(left + (w * t) / durationS);
  const y = (value) => round(top + h - (h * Math.min(value, most)) / most);
  const size = samples.length / POINTS;
  const points = Array.from({ length: POINTS }, (_, i) => {
    const part = samples.slice(Math.floor(i * size), Math.floor((i + 1) * size));
    const of = (key) => part.map((sample) => sample[key]);
    return { t: part[0].t, demand: mean(of('demand')), workers: Math.max(...of('workers')) };
  });
  const area = points.map(({ t, demand }) => `L${x(t)} ${y(demand)}`).join('');
  const line = points.map(({ t, workers }, i) => `${i ? `H${x(t)}V` : `M${x(t)} `}${y(workers)}`).join('');
  return [
    `<text x="${left}" y="20" font-weight="bold">${name}</text>`,
    `<path d="M${x(0)} ${y(0)}${area}L${x(durationS)} ${y(0)}Z" fill="#9ec5e8"/>`,
    `<path d="${line}H${x(durationS)}" fill="none" stroke="#c2410c" stroke-width="1.5"/>`,
    `<path d="M${x(0)} ${y(fixed)}H${x(durationS)}" stroke="#555555" stroke-dasharray="4 3"/>`,
    `<path d="M${left} ${top}V${top + h}H${left + w}" fill="none" stroke="#888888"/>`,
    `<text x="${left - 5}" y="${top + 4}" text-anchor="end">${most}</text>`,
    `<text x="${left - 5}" y="${top + h + 4}" text-anchor="end">0</text>`,
    `<text x="${left + w}" y="${top + h + 15}" text-anchor="end">${durationS / 3_600} h</text>`,
  ].join('\n');
}

const round = (value) => Math.round(value * 10) / 10;
