import { provenance, table } from './sections.mjs';

/** A soak, as pieces of Markdown. */
export function soakSection(report) {
  const { plan, turns_per_s, turns, jobs, warm_up_minutes, restarts, trends, redis_keys, surprises } = report;
  const all = Object.values(turns).reduce((sum, count) => sum + count, 0);
  const facts = [
    `${plan.minutes} minutes, ${turns_per_s.soak} turns of clients a second of the ${turns_per_s.fastest} that were possible before.`,
    `${all.toLocaleString('en')} turns in all, ${jobs.toLocaleString('en')} jobs.`,
    `Answers that were not as they had to be: ${surprises.count}; processes that were started again: ${restarts}.`,
    ...(redis_keys
      ? [`Redis's keys: ${redis_keys.before} before the load, ${redis_keys.after} after it.`]
      : []),
    `Memory in MiB, of the last ${Math.round(plan.minutes - warm_up_minutes)} minutes:`,
  ];
  return [
    `### Dispatch window in ${plan.backend}`,
    provenance(report),
    facts.join(' '),
    table(
      ['', 'first', 'last', 'an hour', '% an hour', '95 %', 'least squares, % an hour'],
      Object.entries(trends).map(([name, { first, last, theil_sen, interval, least_squares }]) => [
        name,
        first,
        last,
        theil_sen.per_hour,
        theil_sen.percent_per_hour,
        interval.join(' to '),
        least_squares.percent_per_hour,
      ]),
    ),
  ];
}
