import { createHmac, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { WebhookVerificationError } from './errors.js';
import { verifyWebhook } from './verify-webhook.js';

const SECRET = `whsec_${randomBytes(32).toString('base64')}`;
const OTHER = `whsec_${randomBytes(24).toString('base64')}`;
const BODY = '{"id":"evt_1","object":"event","type":"webhook.test","data":{"text":"ü✓"}}';
const now = () => Math.floor(Date.now() / 1000);

/** As Standard Webhooks says: HMAC-SHA256 of id, timestamp and body, with dots between. */
function signed(body: string, { id = 'evt_1', at = now(), secret = SECRET } = {}) {
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${at}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': String(at), 'webhook-signature': `v1,${signature}` };
}

describe('a webhook’s request', () => {
  it('gives its event, in any form it came in', async () => {
    const headers = signed(BODY);
    for (const body of [BODY, Buffer.from(BODY), new TextEncoder().encode(BODY)])
      for (const form of [headers, new Headers(headers)])
        expect(await verifyWebhook(body, form, SECRET)).toEqual(JSON.parse(BODY));
  });

  it('may be signed with several secrets, while one replaces another', async () => {
    const both = `${signed(BODY, { secret: OTHER })['webhook-signature']} ${signed(BODY)['webhook-signature']}`;
    const headers = { ...signed(BODY), 'webhook-signature': `v2,abc ${both}` };
    for (const secret of [SECRET, OTHER])
      expect(await verifyWebhook(BODY, headers, secret)).toMatchObject({ type: 'webhook.test' });
  });

  const headers = signed(BODY);
  it.each<[string, string, Record<string, string | undefined>]>([
    ['another secret', BODY, signed(BODY, { secret: OTHER })],
    ['another body', `${BODY} `, headers],
    ['another id', BODY, { ...headers, 'webhook-id': 'evt_2' }],
    ['another time', BODY, { ...headers, 'webhook-timestamp': String(now() - 1) }],
    ['a time that is too long ago', BODY, signed(BODY, { at: now() - 310 })],
    ['a time to come', BODY, signed(BODY, { at: now() + 310 })],
    ['a time that is none', BODY, { ...headers, 'webhook-timestamp': 'now' }],
    ['no id', BODY, { ...headers, 'webhook-id': undefined }],
    ['no time', BODY, { ...headers, 'webhook-timestamp': undefined }],
    ['no signature', BODY, { ...headers, 'webhook-signature': undefined }],
    ['an empty signature', BODY, { ...headers, 'webhook-signature': 'v1,' }],
    ['a signature that is no base64', BODY, { ...headers, 'webhook-signature': 'v1,§' }],
    [
      'a signature of another version',
      BODY,
      { ...headers, 'webhook-signature': headers['webhook-signature'].replace('v1', 'v1a') },
    ],
    ['a body that is no JSON', 'x', signed('x')],
  ])('is refused with %s', async (_, body, given) => {
    await expect(verifyWebhook(body, given, SECRET)).rejects.toThrow(WebhookVerificationError);
  });

  it('needs a secret that is one', async () => {
    for (const secret of ['', 'whsec_', SECRET.slice(6), 'whsec_§'])
      await expect(verifyWebhook(BODY, headers, secret)).rejects.toThrow(TypeError);
    expect(
      await verifyWebhook(BODY, signed(BODY, { at: now() - 310 }), SECRET, { toleranceS: 320 }),
    ).toBeTruthy();
  });
});
