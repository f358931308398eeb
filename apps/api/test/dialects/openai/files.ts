import { toFile } from 'openai';
import { describe, expect, it } from 'vitest';
import { openai } from './setting.js';

describe('files', () => {
  it('are uploaded, listed by pages, read and deleted', async () => {
    const made: string[] = [];
    for (const name of ['a.jsonl', 'b.jsonl', 'c.jsonl']) {
      const file = await openai.files.create({
        purpose: 'batch',
        file: await toFile(Buffer.from(`{"name":"${name}"}\n`), name),
        expires_after: { anchor: 'created_at', seconds: 3_600 },
      });
      expect(file).toMatchObject({ object: 'file', filename: name, purpose: 'batch', status: 'processed' });
      expect(file.expires_at! - file.created_at).toBe(3_600);
      made.push(file.id);
    }
    const listed: string[] = [];
    for await (const file of openai.files.list({ limit: 2, purpose: 'batch' })) listed.push(file.id);
    expect(listed.slice(0, 3)).toEqual(made.toReversed());
    const oldest = await openai.files.list({ limit: 1, order: 'asc', after: made[0]!, purpose: 'batch' });
    expect(oldest.data.map(({ id }) => id)).toEqual([made[1]]);
    expect(oldest.has_more).toBe(true);
    expect(await openai.files.retrieve(made[0]!)).toMatchObject({ id: made[0], bytes: 19 });
    expect(await (await openai.files.content(made[0]!)).text()).toBe('{"name":"a.jsonl"}\n');
    expect(await openai.files.delete(made[0]!)).toEqual({ id: made[0], object: 'file', deleted: true });
    await expect(openai.files.retrieve(made[0]!)).rejects.toMatchObject({ status: 404, code: 'not_found' });
  });

  it('are listed as many as are asked for, from one to ten thousand', async () => {
    const list = (query: object) =>
      openai.files.list(query).then(
        ({ data }) => data.length,
        ({ status, param }: { status: number; param: string }) => [status, param],
      );
    expect(await list({ limit: 1 })).toBe(1);
    const all = await list({});
    expect(all).toBeGreaterThan(1);
    expect(await list({ limit: 10_000 })).toBe(all);
    for (const limit of [0, 10_001, -1, 1.5])
      expect([limit, await list({ limit })]).toEqual([limit, [400, 'limit']]);
    expect(await list({ after: 'nothing' })).toEqual([400, 'after']);
    expect(await list({ order: 'up' })).toEqual([400, 'order']);
  });

  it.each([3_599, 2_592_001])('are not kept for %i seconds', async (seconds) => {
    const made = openai.files.create({
      purpose: 'batch',
      file: await toFile(Buffer.from('x'), 'x.jsonl'),
      expires_after: { anchor: 'created_at', seconds },
    });
    await expect(made).rejects.toMatchObject({ status: 400, code: 'invalid_value' });
  });

  it('of purposes that mean nothing here are kept', async () => {
    const file = await openai.files.create({
      purpose: 'user_data',
      file: await toFile(Buffer.from('x'), 'x.txt'),
    });
    expect(file.purpose).toBe('user_data');
    const { data } = await openai.files.list({ purpose: 'user_data' });
    expect(data.map(({ id }) => id)).toEqual([file.id]);
  });
});
