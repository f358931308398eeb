import { waitFor } from '@heddle/testing';
import { expect, it } from 'vitest';
import { withReceiver } from '../receiver.js';
import { openai, world } from './setting.js';

it('webhooks are taken as they are', async () => {
  await withReceiver(async (url, received) => {
    const { secret, id } = await world.client.request<{ secret: string; id: string }>(
      'POST',
      '/v1/webhooks',
      {
        url,
        events: ['job.succeeded'],
      },
    );
    await openai.embeddings.create({ model: 'embedder', input: 'hello', user: 'somebody' });
    await waitFor(() => received.length === 1);
    const [{ body, headers }] = received as [(typeof received)[number]];
    const event = await openai.webhooks.unwrap(body, headers, secret);
    expect(event).toMatchObject({ object: 'event', type: 'job.succeeded', data: { source: 'openai' } });
    await expect(openai.webhooks.unwrap(`${body} `, headers, secret)).rejects.toThrow('signature');
    await world.client.request('PATCH', `/v1/webhooks/${id}`, { enabled: false });
  });
});
