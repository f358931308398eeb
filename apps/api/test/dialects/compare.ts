import type { EmbedOutput, LabelScore, RerankOutput, TaskOutput } from '@heddle/contracts';
import { expect } from 'vitest';
import type { DialectWorld } from './world.js';

/** Numbers of one text are the same to this, whoever asks. */
const TOLERANCE = 1e-4;

export function near(actual: readonly number[], expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length);
  for (const [i, value] of actual.entries())
    expect(Math.abs(value - expected[i]!), `${value} is not ${expected[i]}`).toBeLessThan(TOLERANCE);
}

/** The same in all but numbers, which are near. */
export function alike(actual: unknown, expected: unknown): void {
  expect(shapeOf(actual)).toEqual(shapeOf(expected));
  near(numbersIn(actual), numbersIn(expected));
}

function shapeOf(value: unknown): unknown {
  if (typeof value === 'number') return 'a number';
  if (Array.isArray(value)) return value.map(shapeOf);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, shapeOf(one)]));
}

function numbersIn(value: unknown): number[] {
  if (typeof value === 'number') return [value];
  if (typeof value !== 'object' || value === null) return [];
  const names = Object.keys(value).sort();
  return names.flatMap((name) => numbersIn((value as Record<string, unknown>)[name]));
}

/** The outputs that the native API has. */
export async function native(
  { client }: DialectWorld,
  model: string,
  task: string,
  inputs: unknown[],
  parameters = {},
): Promise<TaskOutput[]> {
  const job = await client.run({ model, task, inputs, parameters });
  return job.results!.map(({ output, error }) => {
    if (!output) throw new Error(JSON.stringify(error));
    return output;
  });
}

export const labelsOf = (output: TaskOutput) => (output as { labels: LabelScore[] }).labels;
export const rankingOf = (output: TaskOutput) => (output as RerankOutput).results;
export const vectorOf = (output: TaskOutput) =>
  (output as Extract<EmbedOutput, { embedding: unknown }>).embedding as number[];

export function nearLabels(
  actual: readonly { label: string; score: number }[],
  expected: LabelScore[],
): void {
  const scores = new Map(expected.map(({ label, score }) => [label, score]));
  expect(new Set(actual.map(({ label }) => label))).toEqual(new Set(scores.keys()));
  near(
    actual.map(({ score }) => score),
    actual.map(({ label }) => scores.get(label)!),
  );
}

/** A request without a client. */
export async function post(
  world: DialectWorld,
  path: string,
  body: unknown,
  key = world.heddle.key,
  more: Record<string, string> = {},
) {
  const response = await fetch(world.heddle.url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...more },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') ?? false;
  return {
    status: response.status,
    headers: response.headers,
    body: (isJson ? JSON.parse(text) : text) as never,
  };
}
