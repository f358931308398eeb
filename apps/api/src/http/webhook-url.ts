import type { Config } from '@heddle/config';
import { HeddleError } from '@heddle/contracts';
import { checkWebhookUrl } from '@heddle/webhooks';

/** Throws `webhook-url-invalid`, which points to `pointer`, unless webhooks may be sent to that URL. */
export async function assertWebhookUrl({ env }: Config, url: string, pointer: string): Promise<void> {
  try {
    await checkWebhookUrl(url, {
      allowHttp: env.HEDDLE_WEBHOOK_ALLOW_HTTP,
      allowPrivate: env.HEDDLE_WEBHOOK_ALLOW_PRIVATE,
      allowCidrs: env.HEDDLE_WEBHOOK_ALLOW_CIDRS ?? [],
    });
  } catch (error) {
    if (!(error instanceof HeddleError) || error.code !== 'webhook-url-invalid') throw error;
    throw new HeddleError(error.code, error.message, {
      cause: error,
      errors: [{ pointer, code: 'webhook-url-invalid', message: error.message }],
    });
  }
}
