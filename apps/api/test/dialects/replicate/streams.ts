import { fromPublicId } from '@heddle/contracts';
import type { Prediction } from 'replicate';
import { describe, expect, it } from 'vitest';
import { type Labels, paused, replicate, version, world } from './setting.js';

describe('streams', () => {
  it('tell each output, and the end', async () => {
    const events: { event: string; data: string }[] = [];
    for await (const event of replicate.stream('library/sentiment', {
      input: { inputs: ['I loved it', 'meh'] },
    }))
      events.push(event);
    expect(events.map(({ event }) => event)).toEqual(['output', 'output', 'done']);
    expect((JSON.parse(events[0]!.data) as Labels).labels[0]!.label).toBe('positive');
    expect(events[2]!.data).toBe('{}');
  });

  it('are opened by their own URL, for that prediction alone', async () => {
    const [one, other] = [
      await replicate.predictions.create({ version, input: { text: 'x' } }),
      await replicate.predictions.create({ version, input: { text: 'y' } }),
    ];
    const url = new URL(one.urls.stream!);
    const response = await fetch(url);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
    const text = await response.text();
    const blocks = text.split('\n\n').filter((block) => block.includes('event:'));
    for (const block of blocks) expect(block).toMatch(/^id: \d+$/m);
    const lastId = /id: (\d+)/.exec(blocks.at(-1)!)![1]!;
    const again = await fetch(url, { headers: { 'last-event-id': lastId } });
    expect(again.status).toBe(204);
    const elsewhere = new URL(other.urls.stream!);
    elsewhere.search = url.search;
    expect((await fetch(elsewhere)).status).toBe(401);
  });

  it('are open by their own URL until an hour after the end', async () => {
    const { id, urls } = await replicate.predictions.create({ version, input: { text: 'x' }, wait: 30 });
    const ended = (minutes: number) =>
      world.heddle.database.query(
        `UPDATE jobs SET completed_at = now() - make_interval(mins => ${minutes}) WHERE id = '${fromPublicId('job', id)}'`,
      );
    await ended(59);
    expect((await fetch(urls.stream!)).status).toBe(200);
    await ended(61);
    expect((await fetch(urls.stream!)).status).toBe(401);
    const headers = { authorization: `Bearer ${world.heddle.key}` };
    expect((await fetch(urls.stream!.split('?')[0]!, { headers })).status).toBe(200);
  });

  it('say that it was canceled, and why it failed', async () => {
    const eventsOf = async ({ urls }: Prediction) => {
      const text = await (await fetch(urls.stream!)).text();
      return [...text.matchAll(/^event: (\w+)\ndata: (.*)$/gm)].map(([, event, data]) => [
        event,
        JSON.parse(data!) as unknown,
      ]);
    };
    await paused(async () => {
      const made = await replicate.predictions.create({ version, input: { text: 'x' } });
      await replicate.predictions.cancel(made.id);
      expect(await eventsOf(made)).toEqual([['done', { reason: 'canceled' }]]);
    });
    const failed = await replicate.predictions.create({
      version,
      input: { text: 'word '.repeat(3_000) },
    });
    expect(await eventsOf(failed)).toEqual([
      ['error', { detail: expect.stringContaining('tokens') }],
      ['done', { reason: 'error' }],
    ]);
  });
});
