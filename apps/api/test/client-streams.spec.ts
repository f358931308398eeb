import { ConnectionError, HeddleClient, type JobEvent, NotFoundError } from '@heddle/client';
import { waitFor } from '@heddle/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { claimJob, finishJob, startApi, type TestApi } from './api.js';
import { clientOptions, openWire, type Wire } from './wire.js';

let api: TestApi;
let wire: Wire;
let client: HeddleClient;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());
beforeEach(async () => {
  wire = await openWire(api.url);
  client = new HeddleClient(clientOptions(api, wire.url));
});
afterEach(() => wire.close());

const submit = async (items = 2) =>
  (await client.jobs.create({ model: 'm', inputs: Array.from({ length: items }, () => 'x') })).id;
async function ended(items = 2, bytes = 1): Promise<string> {
  const id = await submit(items);
  await finishJob(api, id, await claimJob(api, id), { items, bytes });
  return id;
}
const all = async (events: AsyncIterable<JobEvent>) => {
  const list: JobEvent[] = [];
  for await (const event of events) list.push(event);
  return list;
};
const connections = () => wire.seen.filter(({ path }) => path.includes('/events'));

describe('the events of a job', () => {
  it('come as they happen, and end with the job', async () => {
    const id = await submit();
    const events = client.jobs.stream(id, { results: true });
    const next = async () => (await events.next()).value;
    expect(await next()).toMatchObject({ id: 1, event: 'status', data: { id, status: 'queued' } });
    const attempt = await claimJob(api, id);
    expect(await next()).toMatchObject({ id: 2, event: 'status', data: { status: 'running' } });
    await finishJob(api, id, attempt, { items: 2 });
    const rest = await all(events);
    expect(rest.map(({ id: number, event }) => `${number} ${event}`)).toEqual([
      '3 result',
      '4 result',
      '5 status',
      '6 done',
    ]);
    expect(rest.at(-1)!.data).toEqual(await client.jobs.get(id));
    expect(connections()).toHaveLength(1);
  });

  it('are each there once, wherever the connection breaks', async () => {
    const id = await ended(150, 50);
    const whole = await all(client.jobs.stream(id, { results: true }));
    expect(whole).toHaveLength(1 + 1 + 150 + 1 + 1 + 1);
    const { length } = JSON.stringify(whole.at(-1)!.data);
    wire.seen.length = 0;
    // Within a field, an event, the large last one, and before a byte of it.
    wire.faults.push({ bytes: 30 }, { bytes: 700 }, { bytes: 4_000 }, 'cut', { bytes: 9_000 + length / 2 });
    const events = client.jobs.stream(id, { results: true });
    expect(await all(events)).toEqual(whole);
    expect(connections().length).toBeGreaterThanOrEqual(5);
    const resumed = connections().map(({ headers }) => Number(headers['last-event-id'] ?? 0));
    expect(resumed[0]).toBe(0);
    expect(resumed).toEqual([...resumed].sort((a, b) => a - b));
  });

  it('begin after the one that was had last; there are none after the end', async () => {
    const id = await ended();
    const whole = await all(client.jobs.stream(id));
    expect(await all(client.jobs.stream(id, { lastEventId: whole[0]!.id }))).toEqual(whole.slice(1));
    expect(await all(client.jobs.stream(id, { lastEventId: whole.at(-1)!.id }))).toEqual([]);
  });

  it('are given up where no connection brings any', async () => {
    const id = await submit();
    const events = client.jobs.stream(id, { maxRetries: 2 });
    expect((await events.next()).value).toMatchObject({ id: 1 });
    wire.close();
    await expect(events.next()).rejects.toThrow(ConnectionError);
    const missing = client.jobs.stream('job_00000000000000000000000000');
    await expect(missing.next()).rejects.toThrow(ConnectionError);
    const direct = new HeddleClient(clientOptions(api));
    await expect(direct.jobs.stream('job_00000000000000000000000000').next()).rejects.toThrow(NotFoundError);
  });

  it('let go of the connection when their reader leaves', async () => {
    const id = await submit();
    for await (const event of client.jobs.stream(id)) {
      expect(event.id).toBe(1);
      break;
    }
    await waitFor(() => wire.open() === 0);
  });
});
