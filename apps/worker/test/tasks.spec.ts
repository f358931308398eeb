import { readFile } from 'node:fs/promises';
import type { Problem } from '@heddle/contracts';
import { startHeddle, TestClient, type TestHeddle } from '@heddle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const guide = await readFile(new URL('../../../docs/tasks.md', import.meta.url), 'utf8');
const SHIPPED = ['sentiment', 'topic', 'nli', 'ner'];

interface Request {
  model: string;
  task: string;
}
/** Requests of the guide that the shipped models answer, with the outputs it shows for them. */
const examples = [...guide.matchAll(/```json\n(.*?)```\n```json\n(.*?)```/gs)]
  .map(([, request, output]) => [JSON.parse(request!) as Request, JSON.parse(output!) as unknown] as const)
  .filter(([{ model }]) => SHIPPED.includes(model));

/** What a value is made of: names and types, without numbers and texts; of a list only its first element. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, 1).map(shapeOf);
  if (typeof value !== 'object' || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, shapeOf(member)]));
}

describe('the guide to tasks', () => {
  let heddle: TestHeddle;
  let client: TestClient;
  beforeAll(async () => {
    heddle = await startHeddle();
    client = new TestClient(heddle.url, heddle.key);
  });
  afterAll(() => heddle.stop());

  it.each(examples.map(([request, output]) => [request.task, request, output] as const))(
    '%s is answered as it says',
    async (_, request, output) => {
      const job = await client.run({ ...request });
      expect(job.status, JSON.stringify(job.error)).toBe('succeeded');
      expect(shapeOf(job.results![0]!.output)).toEqual(shapeOf(output));
    },
  );

  it('attention that would be too much is refused at once, whatever is asked for beside it', async () => {
    const ask = (inputs: unknown[], parameters: object) =>
      client.submit({ model: 'sentiment', task: 'attention', inputs, parameters }).then(
        () => null,
        ({ message }: Error) => {
          const [, status, problem] = /^POST \/v1\/jobs: (\d+) (.*)$/s.exec(message)!;
          return [Number(status), JSON.parse(problem!) as Problem];
        },
      );
    const parts = ['total', 'c2c', 'c2p', 'p2c', 'probs'];
    const long = 'good '.repeat(250);
    const refused = (pointer: string) => [
      422,
      { code: 'output-too-large', max: 64 * 1024 * 1024, errors: [{ pointer }] },
    ];
    expect(await ask(['good', long], { parts })).toMatchObject(refused('/inputs/1'));
    // What is cut counts as it is cut; what is too long and not cut is an error of its item.
    const longest = { text: 'good '.repeat(1_000) };
    expect(await ask([longest], { parts, truncate: true })).toMatchObject(refused('/inputs/0'));
    const narrow = { layers: [0], heads: [0] };
    const { results } = await client.run({
      model: 'sentiment',
      task: 'attention',
      inputs: [long, longest, 'good'],
      parameters: { parts, ...narrow, encoding: 'base64' },
    });
    expect(results).toMatchObject([
      { output: { shape: [1, 1, expect.any(Number), expect.any(Number)] } },
      { error: { code: 'input-too-long', max: 512 } },
      { output: { shape: [1, 1, 3, 3] } },
    ]);
  });
});
