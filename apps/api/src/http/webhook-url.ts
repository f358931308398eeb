import type { Config } from '@heddle/config';
import { HeddleError } from '@heddle/contracts';
import { checkWebhookUrl, parseWebhookUrl, type UrlPolicy } from '@heddle/webhooks';

/**
 * The normal form of a URL that webhooks are to be sent to, as which it is kept: so one place has one name. Its text alone
 * is looked at. Throws `webhook-url-invalid`, which points to `pointer`.
 */
export function normalWebhookUrl(config: Config, url: string, pointer: string): string {
  try {
    return parseWebhookUrl(url, policyOf(config)).href;
  } catch (error) {
    throw pointed(error, pointer);
  }
}

/**
 * Throws the same where the name of a URL in normal form leads to an address that may not be called. It takes a moment
 * where DNS is silent, so whatever else may be wrong is looked at before.
 */
export async function assertCallable(config: Config, url: string, pointer: string): Promise<void> {
  try {
    await checkWebhookUrl(url, policyOf(config));
  } catch (error) {
    throw pointed(error, pointer);
  }
}

function policyOf({ env }: Config): UrlPolicy {
  return {
    allowHttp: env.HEDDLE_WEBHOOK_ALLOW_HTTP,
    allowPrivate: env.HEDDLE_WEBHOOK_ALLOW_PRIVATE,
    allowCidrs: env.HEDDLE_WEBHOOK_ALLOW_CIDRS ?? [],
  };
}

function pointed(error: unknown, pointer: string): unknown {
  if (!(error instanceof HeddleError) || error.code !== 'webhook-url-invalid') return error;
  return new HeddleError(error.code, error.message, {
    cause: error,
    errors: [{ pointer, code: 'webhook-url-invalid', message: error.message }],
  });
}
