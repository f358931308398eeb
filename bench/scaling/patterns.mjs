const HOUR_S = 3_600;

/**
 * Patterns of traffic. `demand(t)`: workers that the usual tenants keep busy at second `t`; `flood`: tokens that one tenant more
 * submits evenly within a time; `startUpS`: from the wish for a worker until it takes jobs, ± 20 %; `targetWaitS`: where it is
 * not the usual one.
 */
export const PATTERNS = [
  {
    name: 'steady',
    title: 'Steady: 3.2 workers’ worth',
    durationS: 4 * HOUR_S,
    startUpS: 45,
    demand: () => 3.2,
  },
  {
    name: 'daily wave',
    title: 'Daily wave: 0.3 to 8 workers’ worth',
    durationS: 24 * HOUR_S,
    startUpS: 45,
    demand: (t) => 0.3 + 7.7 * ((1 - Math.cos((2 * Math.PI * t) / (24 * HOUR_S))) / 2) ** 2,
  },
  {
    name: 'working hours',
    title: 'Working hours: 2 workers’ worth from 9 to 17 o’clock, else nothing',
    durationS: 24 * HOUR_S,
    startUpS: 45,
    demand: (t) => (t >= 9 * HOUR_S && t < 17 * HOUR_S ? 2 : 0),
  },
  {
    name: 'burst',
    title: 'Burst: 0.5, and 10 workers’ worth for ten minutes',
    durationS: 4 * HOUR_S,
    startUpS: 45,
    demand: (t) => (t >= HOUR_S && t < HOUR_S + 600 ? 10 : 0.5),
  },
  {
    name: 'slow start-up',
    title: 'Slow start-up: the same burst, workers take five minutes to start',
    durationS: 4 * HOUR_S,
    startUpS: 300,
    demand: (t) => (t >= HOUR_S && t < HOUR_S + 600 ? 10 : 0.5),
  },
  {
    name: 'slow start-up, longer target',
    title: 'The same with a target wait of five minutes',
    durationS: 4 * HOUR_S,
    startUpS: 300,
    targetWaitS: 300,
    demand: (t) => (t >= HOUR_S && t < HOUR_S + 600 ? 10 : 0.5),
  },
  {
    name: 'flood',
    title: 'One tenant’s flood: 1.5 of three tenants, and an hour of one worker’s work at once by a fourth',
    durationS: 4 * HOUR_S,
    startUpS: 45,
    demand: () => 1.5,
    tenants: 3,
    flood: { at: HOUR_S, forS: 60, workerSeconds: HOUR_S },
  },
];
