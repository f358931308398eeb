import 'reflect-metadata';
import { TASKS } from '@heddle/contracts';
import { RequestMethod } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiModule } from '../src/api.module.js';
import { problemIn, startApi, type TestApi } from './api.js';
import type { OpenApi } from './document.js';

/** Streams of events, which some clients cannot send a key for. */
const OPENED_BY_TOKEN = ['GET /v1/jobs/{id}/events', 'GET /replicate/v1/predictions/{id}/stream'];

let api: TestApi;
let document: OpenApi;
beforeAll(async () => {
  api = await startApi();
  document = (await api.call('GET', '/openapi.json', { key: null })).body;
});
afterAll(() => api.stop());

/** Everything that the controllers of the application answer, as Nest has it, but for bull-board, which answers all below its path and is a page. */
function routes(): string[] {
  const { controllers = [] } = ApiModule.with(
    { config: { env: { HEDDLE_METRICS: 'operate' } } } as never,
    {} as never,
  );
  const named = controllers.flatMap((controller) => {
    const prefix = Reflect.getMetadata('path', controller) as string;
    const { prototype } = controller as { prototype: Record<string, unknown> };
    return Object.getOwnPropertyNames(prototype)
      .map((name) => prototype[name] as object)
      .filter((handler) => typeof handler === 'function' && Reflect.hasMetadata('method', handler))
      .map((handler) => {
        const method = RequestMethod[Reflect.getMetadata('method', handler) as number];
        const path = `/${prefix}/${Reflect.getMetadata('path', handler) as string}`;
        return `${method} ${path
          .replaceAll(/\/+/g, '/')
          .replace(/(.)\/$/, '$1')
          .replaceAll(/:(\w+)/g, '{$1}')}`;
      });
  });
  return named.filter((name) => name !== 'GET /bull-board/*');
}

/** Operations of the document, named as in `routes`. */
const operations = () =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(
      ([method, operation]) => [`${method.toUpperCase()} ${path}`, operation] as const,
    ),
  );

/** A path of something that does not exist, but could. */
const somewhere = (path: string) => path.replaceAll(/\{[^}]+\}/g, 'x');

describe('the OpenAPI document', () => {
  it('tells of every route that there is, and of no other', () => {
    expect(document.openapi).toBe('3.1.0');
    expect(
      operations()
        .map(([name]) => name)
        .sort(),
    ).toEqual(routes().sort());
    const ids = operations().map(([, { operationId }]) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('has examples that fit their schemas', () => {
    const examples = operations().flatMap(([name, { requestBody }]) =>
      Object.values(requestBody?.content ?? {}).flatMap(({ schema, examples: named }) =>
        Object.values(named ?? {}).map(({ value }) => ({ name, faults: api.document.faults(schema, value) })),
      ),
    );
    expect(examples.length).toBeGreaterThan(5);
    expect(examples.filter(({ faults }) => faults.length > 0)).toEqual([]);
    for (const [name, schema] of Object.entries(document.components.schemas)) {
      for (const example of (schema.examples ?? []) as unknown[])
        expect([name, api.document.faults(schema, example)]).toEqual([name, []]);
    }
  });

  it('takes no body where an empty object is as good', () => {
    const native = operations().filter(([name]) => name.includes(' /v1/'));
    const bodies = native.flatMap(([name, { requestBody }]) => {
      const schema = requestBody?.content['application/json']?.schema;
      return schema
        ? [{ name, required: requestBody!.required, needs: api.document.faults(schema, {}).length > 0 }]
        : [];
    });
    expect(bodies.length).toBeGreaterThan(20);
    expect(bodies.filter(({ required, needs }) => required !== needs)).toEqual([]);
  });

  it('says which routes need a key', async () => {
    for (const [name, { security }] of operations()) {
      const [method, path] = name.split(' ') as [string, string];
      const { status } = await api.call(method, somewhere(path), { key: null });
      expect([name, status === 401]).toEqual([name, security.length > 0]);
      const byToken = security.some((scheme) => 'streamToken' in (scheme as object));
      expect([name, byToken]).toEqual([name, OPENED_BY_TOKEN.includes(name)]);
    }
    const { securitySchemes } = document.components;
    expect(securitySchemes).toMatchObject({
      bearerAuth: { type: 'http', scheme: 'bearer' },
      streamToken: { type: 'apiKey', in: 'query', name: 'token' },
    });
    // What a scheme sends is no parameter of the operation.
    for (const [, { parameters = [] }] of operations())
      expect(parameters.map(({ name }) => name)).not.toContain('token');
  });

  it('tells the form of a submission by its task', () => {
    const { schemas } = document.components;
    const { schema } = document.paths['/v1/jobs']!.post!.requestBody!.content['application/json']!;
    const refs = (json: unknown) => (json as { oneOf: { $ref: string }[] }).oneOf.map(({ $ref }) => $ref);
    const named = (name: string) => `#/components/schemas/${name}`;
    expect(refs(schema)).toEqual([named('TaskSubmission'), named('Submission')]);
    const { discriminator } = schemas.TaskSubmission as {
      discriminator: { propertyName: string; mapping: Record<string, string> };
    };
    expect(discriminator.propertyName).toBe('task');
    expect(Object.keys(discriminator.mapping).sort()).toEqual([...TASKS].sort());
    expect(refs(schemas.TaskSubmission)).toEqual(Object.values(discriminator.mapping));
    for (const [task, ref] of Object.entries(discriminator.mapping)) {
      const { properties, required } = schemas[ref.split('/').at(-1)!] as {
        properties: Record<string, unknown>;
        required: string[];
      };
      expect([properties.task, required]).toEqual([
        { type: 'string', const: task },
        expect.arrayContaining(['task']),
      ]);
    }
    // Exactly one form fits.
    const body = { model: 'm', inputs: ['x'] };
    for (const fits of [body, { ...body, task: 'text-classification', parameters: { top_k: 1 } }])
      expect(api.document.faults(schema, fits)).toEqual([]);
    for (const wrong of [
      { ...body, task: 'rerank' },
      { ...body, task: 'text-classification', parameters: { candidate_labels: ['a', 'b'] } },
      { ...body, task: 'no-such-task' },
    ])
      expect(api.document.faults(schema, wrong)).not.toEqual([]);
  });

  it('names parameters that their routes know, and only those', async () => {
    for (const [name, operation] of operations()) {
      const [method, path] = name.split(' ') as [string, string];
      if (method !== 'GET' || path.includes('{') || !path.startsWith('/v1/')) continue;
      const known = (operation.parameters ?? [])
        .filter((parameter) => parameter.in === 'query')
        .map((parameter) => parameter.name);
      // Given twice, each is refused as what it is.
      const query = [...known.filter((one) => one !== 'status' && one !== 'metadata'), 'colour']
        .map((one) => `${one}=x&${one}=x`)
        .join('&');
      const problem = problemIn(await api.call(method, `${path}?${query}`));
      const said = Object.fromEntries((problem.errors ?? []).map((error) => [error.pointer, error.message]));
      const once = known.filter((one) => one !== 'status' && one !== 'metadata');
      expect([name, said]).toEqual([
        name,
        {
          ...Object.fromEntries(once.map((one) => [`?${one}`, 'may stand once'])),
          '?colour': 'no such parameter',
        },
      ]);
    }
  });
});

describe('the page of the document', () => {
  it('comes from this server alone', async () => {
    const page = await api.call('GET', '/docs', { key: null });
    expect(page.status).toBe(200);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'; script-src 'self';");
    expect(page.text).not.toMatch(/https?:/);
    const files = [...page.text.matchAll(/(?:src|href)="(docs\/[^"]+)"/g)].map(([, file]) => file!);
    expect(files).toHaveLength(3);
    for (const file of files) {
      const answer = await api.call('GET', `/${file}`, { key: null });
      expect([file, answer.status, answer.text.length > 100]).toEqual([file, 200, true]);
    }
  });
});
