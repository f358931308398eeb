export { checkGates } from './gates.js';
export type { MetricValues } from './measurements.js';
export { type Report, type ReportOptions, reportOf, type SliceReport } from './report.js';
export type { WorstExample } from './worst.js';
