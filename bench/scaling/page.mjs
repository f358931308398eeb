import { table } from '../page/sections.mjs';

/** The table of docs/scaling.md. */
export function scalingTable(compared) {
  const waits = ({ p50_s, p95_s }) => `${p50_s}, ${p95_s}`;
  return table(
    [
      'pattern',
      'wait p50, p95 s',
      'worker-hours',
      'most workers',
      'fixed fleet of the same p95 wait: workers, worker-hours',
      'fixed fleet of the same cost: workers, wait p50, p95 s',
    ],
    compared.map(({ pattern, scaled, same_wait: wait, same_cost: cost }) => [
      pattern.title,
      waits(scaled),
      scaled.worker_hours,
      scaled.most_workers,
      `${wait.workers}, ${wait.worker_hours}`,
      `${cost.workers}, ${waits(cost)}`,
    ]),
  );
}
