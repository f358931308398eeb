export { type ClientOptions, WebhookClient } from './client.js';
export type { AttemptError, Exchange } from './exchange.js';
export type { UrlPolicy } from './policy.js';
export { DEFAULT_SCHEDULE, delayAfter, type Failure, type Schedule } from './schedule.js';
export { isSecret, newSecret } from './secrets.js';
export { type SignedMessage, signatures } from './signing.js';
export { checkWebhookUrl, parseWebhookUrl } from './url.js';
