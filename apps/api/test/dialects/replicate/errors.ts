import { describe, expect, it } from 'vitest';
import { clientWith, replicate, version } from './setting.js';

describe('errors', () => {
  it.each([
    ['no key', 'hdl_no', 401],
    ['no such version', null, 404],
  ])('%s', async (_, key, status) => {
    const client = key ? clientWith(key) : replicate;
    await expect(
      client.predictions.create({ version: 'ver_nothing', input: { text: 'x' } }),
    ).rejects.toMatchObject({ response: { status } });
  });

  it('are problem documents', async () => {
    const refused = await replicate.predictions
      .create({ version, input: { text: 'x', colour: 'red' } })
      .catch((error: unknown) => error as { response: Response; message: string });
    const { response, message } = refused as { response: Response; message: string };
    expect(response.status).toBe(422);
    expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(message).toContain('"title":"Invalid request"');
    expect(message).toContain('/parameters/colour');
  });

  it('say what is not there', async () => {
    await expect(replicate.collections.list()).rejects.toMatchObject({ response: { status: 404 } });
    await expect(replicate.trainings.list()).rejects.toMatchObject({ response: { status: 404 } });
    const made = replicate.models.create('acme', 'new', { visibility: 'private', hardware: 'cpu' });
    await expect(made).rejects.toMatchObject({ response: { status: 404 } });
    await expect(replicate.models.search('sentiment')).rejects.toMatchObject({ response: { status: 404 } });
  });
});
