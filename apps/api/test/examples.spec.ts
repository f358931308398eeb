import type { Job } from '@heddle/contracts';
import { startHeddle, type TestHeddle } from '@heddle/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ApiDocument } from './document.js';

let heddle: TestHeddle;
let document: ApiDocument;
beforeAll(async () => {
  heddle = await startHeddle();
  document = await ApiDocument.of(heddle.url);
});
afterAll(() => heddle.stop());

async function post(path: string, body: unknown) {
  const response = await fetch(heddle.url + path, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${heddle.key}`,
      'content-type': 'application/json',
      prefer: 'wait=30',
    },
    body: JSON.stringify(body),
  });
  const { status, headers } = response;
  const text = await response.text();
  document.check('POST', path, { status, headers, text });
  return { status, text };
}

it('the requests that the document shows work as they stand', async () => {
  const bodies = Object.entries(document.openApi.paths).flatMap(([path, { post: operation }]) =>
    Object.values(operation?.requestBody?.content ?? {})
      .flatMap(({ examples }) => Object.values(examples ?? {}))
      .map(({ value }) => [path, value] as const),
  );
  const inPlace = bodies.filter(([path]) => !path.includes('{'));
  expect(inPlace.length).toBeGreaterThanOrEqual(4);
  for (const [path, body] of inPlace) {
    const { status, text } = await post(path, body);
    expect([path, status < 300, text]).toEqual([path, true, text]);
  }
});

it('the jobs that it shows succeed', async () => {
  const submissions = Object.entries(document.openApi.components.schemas).flatMap(([name, { examples }]) =>
    name.endsWith('Submission') ? ((examples ?? []) as unknown[]) : [],
  );
  expect(submissions.length).toBeGreaterThanOrEqual(3);
  for (const body of submissions) {
    const { status, text } = await post('/v1/jobs', body);
    const job = JSON.parse(text) as Job;
    expect([status, job.status, job.counts.failed]).toEqual([201, 'succeeded', 0]);
  }
});
