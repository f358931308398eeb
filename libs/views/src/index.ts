export { batchView } from './batch-view.js';
export { deliveryView } from './delivery-view.js';
export { evaluationItemView, evaluationView } from './evaluation-view.js';
export { jobView } from './job-view.js';
export { versionView } from './version-view.js';
export { webhookView } from './webhook-view.js';
