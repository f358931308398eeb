import { appendFile, mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openFolderStore } from '@heddle/artifacts';
import { LIMITS, type TokenizedItem } from '@heddle/contracts';
import { testManifest } from '@heddle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { problemIn, startApi, type TestApi } from './api.js';

const TOKENIZER = fileURLToPath(new URL('../../../models/sentiment/tokenizer.json', import.meta.url));

let api: TestApi;
let sha256: string;
beforeAll(async () => {
  api = await startApi();
  const digest = await openFolderStore(join(api.dataDir, 'artifacts')).put(TOKENIZER);
  sha256 = digest.sha256;
  const files = { 'tokenizer.json': digest };
  const manifest = testManifest({ files });
  await api.store.models.addVersion({ tenantId: api.tenantId, name: 'own', description: '', manifest });
});
afterAll(() => api.stop());

const tokenize = (body: unknown, options = {}) => api.call('POST', '/v1/tokenize', { body, ...options });
const items = async (body: object) => {
  const answer = await tokenize({ model: 'own', ...body });
  expect([answer.status, answer.headers.get('content-type')]).toEqual([
    200,
    'application/json; charset=utf-8',
  ]);
  return (answer.body as { data: TokenizedItem[] }).data;
};

describe('tokenising', () => {
  it('gives the tokens of texts and pairs, placed in the texts', async () => {
    const inputs = ['Zoë  loved\tit 👍!', { text: 'A man sleeps.', text_pair: 'He is awake.' }];
    const [single, pair, ...more] = await items({ inputs });
    expect(more).toEqual([]);
    expect(single!.count).toBe(single!.tokens.length);
    const [cls, ...rest] = single!.tokens;
    expect(cls).toMatchObject({ token: '[CLS]', start: null, end: null, special: true, word: null });
    expect(rest.at(-1)).toMatchObject({ token: '[SEP]', special: true });
    const characters = Array.from(inputs[0] as string);
    for (const { start, end, special, word } of rest.slice(0, -1)) {
      expect(special).toBe(false);
      expect(characters.slice(start!, end!).join('')).toBe(word);
    }
    const words = rest.map(({ word }) => word ?? '').join('');
    expect(words).toBe((inputs[0] as string).replaceAll(/\s/g, ''));
    const ofPair = pair!.tokens.filter((token) => token.text_pair);
    expect(ofPair.map(({ word }) => word).join(' ')).toMatch(/^He is awake ?\.$/);
    expect(ofPair[0]).toMatchObject({ start: 0, end: 2, special: false });
    expect(pair!.tokens.filter(({ special }) => special)).toHaveLength(3);
  });

  it('leaves the special tokens out where it is asked to', async () => {
    const inputs = ['loved it [SEP] too', { text: 'a', text_pair: 'b' }];
    const full = await items({ inputs });
    const bare = await items({ inputs, add_special_tokens: false });
    for (const [i, { tokens, count }] of bare.entries()) {
      expect(tokens).toEqual(full[i]!.tokens.filter(({ special }) => !special));
      expect(count).toBe(tokens.length);
    }
    // What a text itself says is its own.
    expect(bare[0]!.tokens.map(({ token }) => token)).toContain('[SEP]');
  });

  it('does not care for the length that the model reads', async () => {
    const [item] = await items({ inputs: ['word '.repeat(2000)] });
    expect(item!.count).toBeGreaterThanOrEqual(2002);
  });
});

describe('errors of tokenising', () => {
  it.each([
    [{ inputs: [] }, 'invalid-input', '/inputs'],
    [{ inputs: [''] }, 'invalid-input', '/inputs/0'],
    [{ inputs: [{ text: 'a', text_pair: '' }] }, 'invalid-input', '/inputs/0/text_pair'],
    [{ inputs: Array(1001).fill('x') }, 'too-many-inputs', '/inputs'],
    [{ inputs: ['x'.repeat(LIMITS.maxTextChars + 1)] }, 'text-too-long', '/inputs/0'],
    [{ inputs: [1] }, 'validation', '/inputs/0'],
    [{ inputs: [{ txt: 'a' }] }, 'validation', '/inputs/0/text'],
    [{ inputs: 'text' }, 'validation', '/inputs'],
    [{ inputs: ['a'], add_special_tokens: 'no' }, 'validation', '/add_special_tokens'],
    [{ inputs: ['a'], colour: 1 }, 'validation', '/colour'],
    [{ inputs: ['\u0000'] }, 'invalid-text', '/inputs/0'],
    [{}, 'validation', '/inputs'],
  ])('name what is wrong with %.60j', async (body, code, pointer) => {
    const problem = problemIn(await tokenize({ model: 'own', ...body }));
    expect([problem.status, problem.code]).toEqual([422, code]);
    expect(problem.errors!.map((error) => error.pointer)).toContain(pointer);
  });

  it('of models and keys', async () => {
    const body = { model: 'own', inputs: ['a'] };
    const headers = { 'x-request-id': 'same' };
    const strange = await tokenize(body, { key: api.strangerKey, headers });
    expect(strange.status).toBe(404);
    const missing = await tokenize({ ...body, model: 'none' }, { key: api.strangerKey, headers });
    expect(strange.text).toBe(missing.text.replaceAll('"none', '"own').replaceAll('\\"none', '\\"own'));
    expect((await tokenize(body, { key: await api.keyWith(['read']) })).status).toBe(403);
    expect((await tokenize(body, { key: null })).status).toBe(401);
    expect((await api.call('GET', '/v1/tokenize')).status).toBe(405);
    expect((await api.call('POST', '/v1/tokenize', { raw: '{' })).status).toBe(400);
  });

  it('say so where the stored tokenizer is another or gone', async () => {
    const problem = problemIn(await tokenize({ model: 'm', inputs: ['a'] }));
    expect(problem.code).toBe('artifact-corrupt');
    const manifest = testManifest({ files: { 'tokenizer.json': await changedTokenizer() } });
    await api.store.models.addVersion({ tenantId: api.tenantId, name: 'changed', description: '', manifest });
    expect(problemIn(await tokenize({ model: 'changed', inputs: ['a'] })).code).toBe('artifact-corrupt');
    expect(await items({ inputs: ['a'] })).toHaveLength(1);
  });
});

describe('four million characters', () => {
  it('keep nobody else waiting', { timeout: 120_000 }, async () => {
    const inputs = Array(20).fill('It was a very good film. '.repeat(LIMITS.maxTextChars / 25));
    await items({ inputs: ['warm'] });
    let ended = false;
    const begin = performance.now();
    const all = Promise.all([tokenize({ model: 'own', inputs }), items({ inputs: inputs.slice(10) })]);
    void all.finally(() => {
      ended = true;
    });
    let slowest = 0;
    let asked = 0;
    while (!ended) {
      const start = performance.now();
      expect((await api.call('GET', '/healthz')).status).toBe(200);
      slowest = Math.max(slowest, performance.now() - start);
      asked++;
      await sleep(20);
    }
    const took = performance.now() - begin;
    console.info(
      `tokenised in ${Math.round(took)} ms; slowest of ${asked} others: ${Math.round(slowest)} ms`,
    );
    const [whole, half] = await all;
    // As JSON they are larger than an answer may be.
    expect([whole.status, problemIn(whole).code]).toEqual([422, 'output-too-large']);
    expect(half.every(({ count }) => count > 48_000)).toBe(true);
    expect(slowest).toBeLessThan(took / 4);
  });

  it('are refused where many others wait', async () => {
    const body = { model: 'own', inputs: Array(2).fill('It was good. '.repeat(5_000)) };
    const answers = await Promise.all(Array.from({ length: 24 }, () => tokenize(body)));
    const refused = answers.filter(({ status }) => status === 503);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.every(({ headers }) => headers.get('retry-after') !== null)).toBe(true);
    expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThan(0);
    expect(answers.every(({ status }) => status === 200 || status === 503)).toBe(true);
  });
});

/** A tokenizer that was changed after it came into the store. */
async function changedTokenizer(): Promise<{ sha256: string; bytes: number }> {
  const path = join(await mkdtemp(join(api.dataDir, 'x')), 'tokenizer.json');
  await writeFile(path, '{}');
  const digest = await openFolderStore(join(api.dataDir, 'artifacts')).put(path);
  await appendFile(join(api.dataDir, 'artifacts', digest.sha256.slice(0, 2), digest.sha256), ' ');
  expect(digest.sha256).not.toBe(sha256);
  return digest;
}
