import { Webhook } from 'standardwebhooks';

/** What is signed: `body` are the exact characters that are sent, as UTF-8. */
export interface SignedMessage {
  /** `webhook-id`, the same for every attempt. */
  id: string;
  /** `webhook-timestamp`, of this attempt; whole seconds count. */
  timestamp: Date;
  body: string;
}

/**
 * Value of the header `webhook-signature`: one signature per secret, space separated, in the order given, so the
 * newest secret comes first while an older one is still good. Throws when there is no secret.
 */
export function signatures({ id, timestamp, body }: SignedMessage, secrets: readonly string[]): string {
  if (secrets.length === 0) throw new Error('a message needs a secret to be signed with');
  return secrets.map((secret) => new Webhook(secret).sign(id, timestamp, body)).join(' ');
}
