export { type ClientOptions, WebhookClient } from './client/client.js';
export type { AttemptError, Exchange } from './exchange.js';
export type { UrlPolicy } from './guard/policy.js';
export type { ResolveOptions } from './guard/resolve.js';
export { checkWebhookUrl, parseWebhookUrl } from './guard/url.js';
export { DEFAULT_SCHEDULE, delayAfter, type Failure, type Schedule } from './schedule.js';
export { newSecret } from './secrets.js';
export { type SignedMessage, signatures } from './signing.js';
export { verify } from './verify.js';
