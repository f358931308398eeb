import { fromPublicId, type Job, LIMITS, type Page, type Version } from '@heddle/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApi, type TestApi } from './api.js';

const COPIES = 11;
/** A job's texts as JSON: three of them fit on a page, four do not. */
const JOB_BYTES = 5_000_000;

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
  const inputs = Array(JOB_BYTES / 200_000).fill('x'.repeat(199_997));
  const job = (await api.call('POST', '/v1/jobs', { body: { model: 'm', inputs: inputs.slice(0, 20) } }))
    .body;
  const id = fromPublicId('job', (job as Job).id);
  await api.database.query(
    `UPDATE job_inputs SET inputs = '${JSON.stringify(inputs)}' WHERE job_id = '${id}';
     WITH copies AS (
       INSERT INTO jobs (id, tenant_id, version_id, task, parameters, items, cost, deadline)
       SELECT gen_random_uuid(), tenant_id, version_id, task, parameters, items, cost, deadline
         FROM jobs, generate_series(1, ${COPIES}) RETURNING id)
     INSERT INTO job_inputs SELECT copies.id, inputs FROM copies, job_inputs`,
  );
});
afterAll(() => api.stop());

describe('pages of large things', () => {
  it('end early and go on, so that every job is shown once', async () => {
    const sizes: number[] = [];
    const seen: string[] = [];
    let path: string | null = '/v1/jobs?limit=100&include=input,output';
    while (path) {
      const answer = await api.call('GET', path);
      expect(answer.status).toBe(200);
      expect(answer.text.length).toBeLessThan(LIMITS.maxPageBytes + 100_000);
      const { data } = answer.body as Page<Job>;
      sizes.push(data.length);
      seen.push(...data.map(({ id }) => id));
      path = /<(.+)>; rel="next"/.exec(answer.headers.get('link') ?? '')?.[1] ?? null;
    }
    expect(sizes).toEqual([3, 3, 3, 3]);
    expect(new Set(seen).size).toBe(COPIES + 1);
  });

  it('of jobs are whole without their texts', async () => {
    const { data, next_cursor } = (await api.call('GET', '/v1/jobs?limit=100')).body as Page<Job>;
    expect([data.length, next_cursor]).toEqual([COPIES + 1, null]);
  });

  it('of versions with many labels end early as well', async () => {
    const manifest = `json_build_object('labels', json_build_array(repeat('x', ${JOB_BYTES})), 'files', '{}'::json)`;
    await api.database.query(
      `INSERT INTO versions (id, model_id, number, status, sha256, manifest, percent, ready_at)
       SELECT gen_random_uuid(), model_id, number + n, 'ready', lpad(n::text, 64, '0'), ${manifest}, 100, now()
         FROM versions, generate_series(1, 5) n WHERE id = '${api.versionId}'`,
    );
    const sizes: number[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const path = `/v1/models/m/versions?limit=100${cursor && `&cursor=${cursor}`}`;
      const { data, next_cursor } = (await api.call('GET', path)).body as Page<Version>;
      sizes.push(data.length);
      cursor = next_cursor;
    }
    expect(sizes).toEqual([3, 3]);
  });

  it('are answered eight at a time', async () => {
    const query = '/v1/jobs?limit=100&include=input,output';
    const answers = await Promise.all(Array.from({ length: 8 }, () => api.call('GET', query)));
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200));
  });
});
