import { waitFor } from '@heddle/testing';
import type { Prediction } from 'replicate';
import { describe, expect, it } from 'vitest';
import { paused, replicate, version, world } from './setting.js';

describe('predictions', () => {
  it('are made at once, found and waited for', async () => {
    const created = await paused(async () => {
      const made = await replicate.predictions.create({ version, input: { inputs: ['a', 'b'], top_k: 1 } });
      expect(made).toMatchObject({
        model: 'library/sentiment',
        version,
        status: 'starting',
        input: { inputs: ['a', 'b'], top_k: 1 },
        output: null,
        error: null,
        logs: '',
        started_at: null,
        completed_at: null,
        data_removed: false,
        source: 'api',
      });
      for (const url of Object.values(made.urls)) expect(url.startsWith(world.heddle.url)).toBe(true);
      expect((await replicate.predictions.get(made.id)).status).toBe('starting');
      return made;
    });
    const ended = await replicate.wait(created, { interval: 50 });
    expect(ended.status).toBe('succeeded');
    expect(ended.output).toHaveLength(2);
    expect(ended.metrics!.predict_time).toBeGreaterThan(0);
    expect(Date.parse(ended.completed_at!)).toBeGreaterThanOrEqual(Date.parse(ended.created_at));
    const job = await world.client.get(created.id);
    expect(job).toMatchObject({ source: 'replicate', priority: 'normal' });
  });

  it('are waited for by a header, and live on where that is too short', async () => {
    const ended = await replicate.predictions.create({
      model: `${world.slug}/sentiment`,
      input: { text: 'x' },
      wait: 30,
    });
    expect(ended).toMatchObject({ status: 'succeeded', input: { text: 'x' } });
    expect((await world.client.get(ended.id)).priority).toBe('high');
    const started = await paused(() =>
      replicate.predictions.create({ version, input: { text: 'x' }, wait: 1 }),
    );
    expect(started.status).toBe('starting');
    expect((await replicate.wait(started, { interval: 50 })).status).toBe('succeeded');
  });

  it('are made once with an Idempotency-Key, whatever headers say, and never of another input', async () => {
    const post = async (input: object, headers: Record<string, string> = {}) => {
      const response = await fetch(`${world.heddle.url}/replicate/v1/predictions`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${world.heddle.key}`,
          'content-type': 'application/json',
          'idempotency-key': 'prediction-1',
          ...headers,
        },
        body: JSON.stringify({ version, input }),
      });
      const body = (await response.json()) as Prediction & { code?: string };
      return { status: response.status, replayed: response.headers.get('idempotency-replayed'), body };
    };
    const first = await paused(() => post({ inputs: ['x'] }));
    expect([first.status, first.replayed, first.body.status]).toEqual([201, null, 'starting']);
    const again = await post({ inputs: ['x'] }, { prefer: 'wait=30', 'cancel-after': '5m' });
    expect([again.status, again.replayed]).toEqual([201, 'true']);
    expect(again.body).toMatchObject({ id: first.body.id, status: 'succeeded' });
    expect(again.body.output).toHaveLength(1);
    for (const other of [{ inputs: 'x' }, { text: 'x' }, { inputs: ['x'], top_k: 1 }]) {
      const { status, body } = await post(other);
      expect([status, body.code]).toEqual([422, 'idempotency-key-reused']);
    }
  });

  it('are of deployments, which are aliases', async () => {
    for (const name of ['sentiment', 'sentiment@production']) {
      const made = await replicate.deployments.predictions.create(world.slug, name, { input: { text: 'x' } });
      expect(made).toMatchObject({ deployment: `${world.slug}/${name}`, version });
    }
    await expect(
      replicate.deployments.predictions.create(world.slug, 'sentiment@nothing', { input: { text: 'x' } }),
    ).rejects.toMatchObject({ response: { status: 404 } });
  });

  it('are canceled, once and for all', async () => {
    await paused(async () => {
      const made = await replicate.predictions.create({ version, input: { text: 'x' } });
      for (let i = 0; i < 2; i++)
        expect(await replicate.predictions.cancel(made.id)).toMatchObject({
          status: 'canceled',
          output: null,
        });
    });
  });

  it('fail when their time is over', async () => {
    await paused(async () => {
      const response = await fetch(`${world.heddle.url}/replicate/v1/predictions`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${world.heddle.key}`,
          'content-type': 'application/json',
          'cancel-after': '1s',
        },
        body: JSON.stringify({ version, input: { text: 'x' } }),
      });
      expect(response.status).toBe(201);
      const { id } = (await response.json()) as Prediction;
      await waitFor(async () => (await replicate.predictions.get(id)).status === 'failed', {
        timeoutMs: 60_000,
      });
      expect((await replicate.predictions.get(id)).error).toMatch(/deadline/);
    });
  });

  it('are listed by pages of a hundred, without those of other interfaces', async () => {
    const job = await world.client.run({ model: 'sentiment', inputs: ['x'] });
    await paused(async () => {
      const made: string[] = [];
      for (let i = 0; i < 101; i++)
        made.push((await replicate.predictions.create({ version, input: { text: 'x' } })).id);
      const pages: Prediction[][] = [];
      for await (const page of replicate.paginate(replicate.predictions.list)) pages.push(page);
      expect(pages[0]).toHaveLength(100);
      const listed = pages.flat().map(({ id }) => id);
      expect(listed.slice(0, 101)).toEqual(made.toReversed());
      expect(new Set(listed).size).toBe(listed.length);
      expect(listed).not.toContain(job.id);
      for (const id of made) await replicate.predictions.cancel(id);
    });
    await expect(replicate.predictions.get(job.id)).rejects.toMatchObject({ response: { status: 404 } });
  });
});
