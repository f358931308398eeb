import { describe, expect, it } from 'vitest';
import { clientWith, openai, world } from './setting.js';

describe('errors', () => {
  it.each([
    ['a field', { model: 'embedder', input: 7 }, { status: 400, code: 'invalid_value', param: 'input' }],
    ['no input', { model: 'embedder', input: [] }, { status: 400, code: 'invalid_value', param: 'input' }],
    ['an empty text', { model: 'embedder', input: ['a', ''] }, { status: 400, param: 'input[1]' }],
    ['another task', { model: 'sentiment', input: 'x' }, { status: 400, code: 'invalid_model' }],
    ['no such model', { model: 'no', input: 'x' }, { status: 404, code: 'model_not_found', param: 'model' }],
    [
      'a dimension too many',
      { model: 'embedder', input: 'x', dimensions: 99_999 },
      { status: 400, param: 'dimensions' },
    ],
  ])('%s', async (_, body, error) => {
    await expect(openai.embeddings.create(body as never)).rejects.toMatchObject(error);
  });

  it('of keys', async () => {
    const noKey = clientWith('hdl_nothing');
    await expect(noKey.models.list()).rejects.toMatchObject({
      status: 401,
      code: 'invalid_api_key',
      type: 'authentication_error',
    });
    const { secret } = await world.client.request<{ secret: string }>('POST', '/v1/keys', {
      name: 'reads',
      scopes: ['read'],
    });
    await expect(
      clientWith(secret).embeddings.create({ model: 'embedder', input: 'x' }),
    ).rejects.toMatchObject({ status: 403, code: 'insufficient_permissions', type: 'permission_error' });
  });

  it('of paths, and of bodies, are in the same form', async () => {
    for (const call of [
      () => openai.chat.completions.create({ model: 'sentiment', messages: [] }),
      () => openai.responses.create({ model: 'sentiment', input: 'x' }),
      () => openai.fineTuning.jobs.list(),
    ])
      await expect(call()).rejects.toMatchObject({ status: 404, code: 'not_found', type: 'not_found_error' });
    const response = await fetch(`${world.heddle.url}/openai/v1/embeddings`, {
      method: 'POST',
      headers: { authorization: `Bearer ${world.heddle.key}`, 'content-type': 'application/json' },
      body: '{"model":',
    });
    expect(response.status).toBe(400);
    expect(response.headers.get('x-request-id')).toMatch(/^req_/);
    expect(await response.json()).toEqual({
      error: {
        message: expect.any(String),
        type: 'invalid_request_error',
        param: null,
        code: 'invalid_json',
      },
    });
  });

  it('of too many requests say when to come again', async () => {
    const { secret } = await world.client.request<{ secret: string }>('POST', '/v1/keys', {
      name: 'slow',
      scopes: ['infer'],
      rate_limit_per_min: 1,
    });
    const slow = clientWith(secret);
    const { response } = await slow.models.list().withResponse();
    expect(response.headers.get('ratelimit-policy')).toBe('"default";q=1;w=60');
    const refused = await slow.models.list().catch((error: unknown) => error);
    expect(refused).toMatchObject({ status: 429, code: 'rate_limit_exceeded', type: 'rate_limit_error' });
    const { headers } = refused as { headers: Headers };
    expect(Number(headers.get('retry-after-ms'))).toBe(Number(headers.get('retry-after')) * 1000);
  });

  it('that last are told apart from those that pass', async () => {
    await world.client.request('POST', '/v1/models', { name: 'empty' });
    const refused = await openai.embeddings.create({ model: 'empty', input: 'x' }).catch((e: unknown) => e);
    expect(refused).toMatchObject({ status: 409, code: 'no_default_version' });
    expect((refused as { headers: Headers }).headers.get('x-should-retry')).toBe('false');
  });
});
