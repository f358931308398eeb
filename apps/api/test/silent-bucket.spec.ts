import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { testManifest } from '@heddle/testing';
import { expect, it } from 'vitest';
import { problemIn, startApi } from './api.js';

const TOKENIZER = fileURLToPath(new URL('../../../models/sentiment/tokenizer.json', import.meta.url));

it('tokenising with a bucket that is silent is overloaded, and keeps tokenizers that are open from nobody', {
  timeout: 180_000,
}, async () => {
  // Answers what is there of one object, and of all others nothing.
  const content = await readFile(TOKENIZER);
  const sha256 = createHash('sha256').update(content).digest('hex');
  const bucket = createServer((request, response) => {
    if (request.method === 'HEAD' && /^\/bucket\/?$/.test(request.url!)) response.end();
    else if (request.url!.includes(sha256)) response.end(content);
  }).listen(0, '127.0.0.1');
  await once(bucket, 'listening');
  const own = await startApi({
    HEDDLE_ARTIFACTS: 's3://bucket',
    HEDDLE_S3_ENDPOINT: `http://127.0.0.1:${(bucket.address() as AddressInfo).port}`,
    HEDDLE_S3_ACCESS_KEY_ID: 'a',
    HEDDLE_S3_SECRET_ACCESS_KEY: 'b',
  });
  const add = (name: string, digest: string) => {
    const manifest = testManifest({
      files: { 'tokenizer.json': { sha256: digest, bytes: content.length } },
    });
    return own.store.models.addVersion({ tenantId: own.tenantId, name, description: '', manifest });
  };
  await add('open', sha256);
  await add('away', 'f'.repeat(64));
  const ask = (model: string) => own.call('POST', '/v1/tokenize', { body: { model, inputs: ['a'] } });
  try {
    expect((await ask('open')).status).toBe(200);
    const away = ask('away');
    for (let i = 0; i < 10; i++) {
      await sleep(200);
      const begin = performance.now();
      expect((await ask('open')).status).toBe(200);
      expect(performance.now() - begin).toBeLessThan(5_000);
    }
    const answer = await away;
    expect([answer.status, problemIn(answer).code]).toEqual([503, 'overloaded']);
    expect(answer.headers.get('retry-after')).toBe('5');
  } finally {
    await own.stop();
    bucket.close();
    bucket.closeAllConnections();
  }
});
