export type { Interval } from './bootstrap.js';
export { checkGates, type Gate, type GateResult } from './gates.js';
export { type MetricValues, type Report, type ReportOptions, reportOf, type SliceReport } from './report.js';
export type { WorstExample } from './worst.js';
