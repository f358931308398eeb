export { attentionMarkdown } from './markdown.js';
export { AttentionProfile, type AttentionReport } from './profile.js';
export { attentionSvg } from './svg.js';
