import { readFile } from 'node:fs/promises';
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

  it('attention of a long text is bounded, its neighbours are not touched', async () => {
    const job = await client.run({
      model: 'sentiment',
      task: 'attention',
      inputs: ['good '.repeat(250), 'good'],
      parameters: { parts: ['total', 'c2c', 'c2p', 'p2c', 'probs'] },
    });
    expect(job.results).toMatchObject([
      { error: { code: 'output-too-large', max: 64 * 1024 * 1024 } },
      { output: { shape: [4, 4, 3, 3] } },
    ]);
  });
});
