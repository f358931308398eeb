import { pythonWith } from '@heddle/testing';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { newSecret } from './secrets.js';
import { signatures } from './signing.js';
import { verify } from './verify.js';

const python = await pythonWith('standardwebhooks==1.1.0');

const BODY = '{"id":"evt_1","type":"job.succeeded","data":{"text":"Straße – 織機 \\u0000 🧵"}}';

function signed(secrets: string[], body = BODY, timestamp = new Date()) {
  return {
    'webhook-id': 'evt_1',
    'webhook-timestamp': String(Math.floor(timestamp.getTime() / 1000)),
    'webhook-signature': signatures({ id: 'evt_1', timestamp, body }, secrets),
  };
}

describe('signatures', () => {
  it('are those of Standard Webhooks', () => {
    // The example of the specification.
    const message = {
      id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      timestamp: new Date(1614265330_000),
      body: '{"test": 2432232314}',
    };
    expect(signatures(message, ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'])).toBe(
      'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    );
  });

  it('are good for every secret of a rotation, the new one first', () => {
    const [fresh, old] = [newSecret(), newSecret()];
    const headers = signed([fresh, old]);
    for (const secret of [fresh, old])
      expect(new Webhook(secret).verify(BODY, headers)).toEqual(JSON.parse(BODY));
    expect(headers['webhook-signature'].split(' ')[0]).toBe(signed([fresh])['webhook-signature']);
    expect(() => new Webhook(newSecret()).verify(BODY, headers)).toThrow('No matching signature');
  });

  it('need a secret', () => {
    expect(() => signed([])).toThrow('needs a secret');
  });

  it('hold for the bytes as received, and for five minutes', () => {
    const secret = newSecret();
    const headers = signed([secret]);
    expect(verify(Buffer.from(BODY), headers, secret)).toEqual(JSON.parse(BODY));
    expect(() => verify(Buffer.from(JSON.stringify(JSON.parse(BODY), null, 1)), headers, secret)).toThrow();
    expect(() => verify(Buffer.from([...Buffer.from(BODY), 0xff]), headers, secret)).toThrow();
    const late = signed([secret], BODY, new Date(Date.now() - 301_000));
    expect(() => verify(Buffer.from(BODY), late, secret)).toThrow('too old');
  });

  it.skipIf(!python)('are verified by the Python package', async () => {
    const [fresh, old] = [newSecret(), newSecret()];
    const check = async (secret: string, body: string) => {
      const asked = JSON.stringify({ secret, body, headers: signed([fresh, old]) });
      return (await python!.run(VERIFY, asked)).trim();
    };
    expect(JSON.parse(await check(fresh, BODY))).toEqual(JSON.parse(BODY));
    expect(JSON.parse(await check(old, BODY))).toEqual(JSON.parse(BODY));
    expect(await check(newSecret(), BODY)).toBe('WebhookVerificationError');
    expect(await check(fresh, BODY.replace('succeeded', 'failed'))).toBe('WebhookVerificationError');
  });
});

const VERIFY = `
import json, sys
from standardwebhooks import Webhook, WebhookVerificationError
asked = json.loads(sys.argv[1])
try:
    print(json.dumps(Webhook(asked["secret"]).verify(asked["body"].encode(), asked["headers"])))
except WebhookVerificationError as error:
    print(type(error).__name__)
`;
