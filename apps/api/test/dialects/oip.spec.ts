import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labelsOf, native, near, post } from './compare.js';
import { type DialectWorld, startDialectWorld, WORLD_TIMEOUT_MS } from './world.js';

let world: DialectWorld;
beforeAll(async () => {
  world = await startDialectWorld();
}, WORLD_TIMEOUT_MS);
afterAll(() => world.stop());

const infer = (model: string, body: unknown) => post(world, `/oip/v2/models/${model}/infer`, body);
const texts = (data: unknown[], shape = [data.length]) => ({ name: 'text', datatype: 'BYTES', shape, data });
interface Response {
  model_name: string;
  model_version: string;
  id?: string;
  outputs: { name: string; datatype: string; shape: number[]; data: never[] }[];
}

describe('inference', () => {
  it('takes texts flat or nested, as JSON', async () => {
    const expected = await native(world, 'sentiment', 'text-classification', ['good', 'bad']);
    for (const tensor of [texts(['good', 'bad']), texts([['good'], ['bad']], [2, 1])]) {
      const parameters = { content_type: 'str' };
      const { status, body } = await infer('sentiment', { id: 'a', inputs: [{ ...tensor, parameters }] });
      expect(status, JSON.stringify(body)).toBe(200);
      const { outputs, ...model } = body as Response;
      expect(model).toEqual({ model_name: 'sentiment', model_version: '1', id: 'a' });
      expect(outputs.map(({ name, datatype, shape }) => [name, datatype, shape])).toEqual([
        ['label', 'BYTES', [2]],
        ['score', 'FP32', [2]],
        ['logits', 'FP32', [2, 2]],
      ]);
      expect(outputs[0]!.data).toEqual(expected.map((output) => labelsOf(output)[0]!.label));
      near(
        outputs[1]!.data,
        expected.map((output) => labelsOf(output)[0]!.score),
      );
    }
  });

  it('takes versions, owners and parameters', async () => {
    const inputs = [texts(['x'])];
    expect((await infer('sentiment/versions/1', { inputs })).status).toBe(200);
    expect((await infer('library/sentiment', { inputs })).status).toBe(200);
    const raw = await infer('sentiment', { inputs, parameters: { function_to_apply: 'none' } });
    const { outputs } = raw.body as Response;
    near(outputs[1]!.data, [Math.max(...(outputs[2]!.data as number[]))]);
  });

  it.each([
    ['data that does not fill its shape', { inputs: [texts(['x'], [2])] }],
    ['a type that it does not have', { inputs: [{ ...texts(['x']), datatype: 'FP64' }] }],
    ['numbers for texts', { inputs: [texts([1])] }],
    ['an output that the model does not have', { inputs: [texts(['x'])], outputs: [{ name: 'no' }] }],
    ['no inputs', { inputs: [] }],
    ['no texts', { inputs: [texts([])] }],
    ['a task that the model does not do', { inputs: [texts(['x'])], parameters: { task: 'embed' } }],
    [
      'ids of several shapes',
      { inputs: [{ name: 'input_ids', datatype: 'INT64', shape: [2], data: [1, 2] }] },
    ],
    [
      'bytes that are not there',
      { inputs: [{ ...texts([]), data: undefined, shape: [1], parameters: { binary_data_size: 9 } }] },
    ],
    ['no JSON', '{'],
  ])('refuses %s', async (_, body) => {
    const found = await infer('sentiment', body);
    expect([found.status, found.body]).toEqual([400, { error: expect.any(String) }]);
  });

  it('takes as many numbers in JSON as tensors have', async () => {
    const ids = Array.from({ length: 8 * 150 }, (_, i) => (i % 150 === 0 ? 1 : i % 150 === 149 ? 2 : 300));
    const tensor = (name: string, data: number[]) => ({ name, datatype: 'INT64', shape: [8, 150], data });
    const found = await infer('sentiment', { inputs: [tensor('input_ids', ids)] });
    expect(found.status, JSON.stringify(found.body)).toBe(200);
  });

  it('refuses a header that says more than there is, and bytes too many', async () => {
    const send = (body: string, length: string) =>
      fetch(`${world.heddle.url}/oip/v2/models/sentiment/infer`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${world.heddle.key}`,
          'inference-header-content-length': length,
        },
        body,
      });
    const json = JSON.stringify({ inputs: [texts(['x'])] });
    for (const [body, length] of [
      [json, '9999999'],
      [json, 'x'],
      [`${json}more`, String(json.length)],
    ] as const)
      expect((await send(body, length)).status).toBe(400);
    expect((await send(json, String(json.length))).status).toBe(200);
  });
});

describe('the repository', () => {
  it('is the operator’s to load and to unload', async () => {
    const key = await world.client.request<{ secret: string }>('POST', '/v1/keys', {
      name: 'infers',
      scopes: ['infer'],
    });
    for (const verb of ['load', 'unload']) {
      const path = `/oip/v2/repository/models/sentiment/${verb}`;
      expect((await post(world, path, {}, key.secret)).status).toBe(403);
    }
  });
});
