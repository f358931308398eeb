import { fromPublicId } from '@heddle/contracts';
import { testManifest } from '@heddle/testing';
import Replicate, { type Page } from 'replicate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApi, type TestApi } from '../api.js';

/** One more than two pages. */
const MANY = 201;
const TIMEOUT_MS = 120_000;

let api: TestApi;
let replicate: Replicate;
beforeAll(async () => {
  api = await startApi();
  replicate = new Replicate({ auth: api.key, baseUrl: `${api.url}/replicate/v1`, useFileOutput: false });
});
afterAll(() => api.stop());

const times = async <Made>(make: (i: number) => Promise<Made>) => {
  const made: Made[] = [];
  for (let i = 0; i < MANY; i++) made.push(await make(i));
  return made;
};
const nameOf = (seed: number) => `x${String(seed).padStart(3, '0')}`;
const newVersion = (name: string, seed: number) => {
  const source = { sha256: seed.toString(16).padStart(64, '0'), compiler: 'test' };
  const manifest = testManifest({ source });
  return api.store.models.addVersion({ tenantId: api.tenantId, name, description: '', manifest });
};
interface Row {
  id?: string;
  name?: string;
}

/** Lists with as many rows as `MANY` at the least, and what makes them. */
const LISTS: [path: string, make: () => Promise<unknown>][] = [
  [
    '/predictions',
    () => times(() => replicate.predictions.create({ model: 'acme/m', input: { text: 'x' } })),
  ],
  ['/models', () => times((i) => newVersion(nameOf(i), i))],
  ['/models/acme/versions/versions', () => times((i) => newVersion('versions', i))],
  [
    '/deployments',
    async () => {
      await newVersion('deployed', 1);
      const [model] = await api.store.models.list(api.tenantId, { name: 'deployed' });
      const wish = { version: { number: 1 } };
      await times((i) => api.store.aliases.put(api.tenantId, model!.id, nameOf(i), wish, null));
    },
  ],
  ['/files', () => times((i) => replicate.files.create(new Blob([String(i)])))],
];

describe.each(LISTS)('%s', (path, make) => {
  it('is shown by pages of a hundred, forth and back', { timeout: TIMEOUT_MS }, async () => {
    await make();
    const get = async (url: string) => (await (await replicate.request(url, {})).json()) as Page<Row>;
    const keysOf = ({ results }: Page<Row>) => results.map(({ id, name }) => id ?? name);
    const pages = [await get(path)];
    while (pages.at(-1)!.next) pages.push(await get(pages.at(-1)!.next!));
    expect(pages.length).toBeGreaterThanOrEqual(3);
    expect(pages.slice(0, -1).map(({ results }) => results.length)).toEqual(
      pages.slice(0, -1).map(() => 100),
    );
    const all = pages.flatMap(keysOf);
    expect(all.length).toBeGreaterThanOrEqual(MANY);
    expect(pages[0]!.previous).toBeNull();

    let page = pages.at(-1)!;
    for (const expected of pages.slice(0, -1).toReversed()) {
      expect(new URL(page.previous!).pathname).toBe(`/replicate/v1${path}`);
      page = await get(page.previous!);
      expect(keysOf(page)).toEqual(keysOf(expected));
      // And forth again from there.
      expect(keysOf(await get(page.next!))).toEqual(keysOf(pages[pages.indexOf(expected) + 1]!));
    }
    expect(page.previous).toBeNull();
  });
});

it('what is new comes before the page that was the first', async () => {
  const get = async (url: string) => (await (await replicate.request(url, {})).json()) as Page<Row>;
  const first = await get('/predictions');
  const second = await get(first.next!);
  const { id } = await replicate.predictions.create({ model: 'acme/m', input: { text: 'x' } });
  const back = await get(second.previous!);
  expect(back.results.map((row) => row.id)).toEqual(first.results.map((row) => row.id));
  const newest = await get(back.previous!);
  expect(newest.results.map((row) => row.id)).toEqual([id]);
  expect(newest.previous).toBeNull();
  expect(fromPublicId('job', id)).not.toBeNull();
});

it('a place in one list is none in another, nor the other way round in the same', async () => {
  const { body } = await api.call('GET', '/replicate/v1/predictions');
  const next = new URL((body as Page<Row>).next!);
  const cursor = next.searchParams.get('cursor')!;
  for (const wrong of [
    `/replicate/v1/models?cursor=${cursor}`,
    `/replicate/v1/deployments?cursor=${cursor}`,
    `/replicate/v1/predictions?back=${cursor}`,
    `/replicate/v1/predictions?cursor=${cursor}&back=${cursor}`,
    '/replicate/v1/deployments?cursor=x',
  ])
    expect([wrong, (await api.call('GET', wrong)).status]).toEqual([wrong, 400]);
});
