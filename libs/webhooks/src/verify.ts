import { Webhook } from 'standardwebhooks';

/**
 * What a receiver does: the event of a request whose signature is good by `secret` and whose timestamp is at most five
 * minutes off. Throws an Error that says what is wrong.
 *
 * @param body the bytes as received, never parsed and written again
 */
export function verify(body: Buffer, headers: Readonly<Record<string, string>>, secret: string): unknown {
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
  return new Webhook(secret).verify(text, headers);
}
