export { ablationMetrics } from './headline.js';
export { ablationMarkdown } from './markdown.js';
export { maskedPositions } from './masked-positions.js';
export {
  type AblationReport,
  type AblationRow,
  type AblationRun,
  type AblationSubject,
  ablationReportOf,
} from './report.js';
export { ablationSvg } from './svg.js';
