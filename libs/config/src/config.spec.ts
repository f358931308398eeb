import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { describe, expect, it } from 'vitest';
import { loadConfig, readEnvironment } from './config.js';
import { ConfigError } from './config-error.js';
import { settingsAsMarkdown } from './markdown.js';

const DATABASE = { HEDDLE_DATABASE_URL: 'postgres://u:p@localhost/heddle' };

describe('configuration', () => {
  it('has a default for everything but the database', () => {
    const config = loadConfig({ ...DATABASE, HEDDLE_DATA_DIR: '/data' });
    expect(config.env.HEDDLE_PORT).toBe(8080);
    expect(config.env.HEDDLE_HOST).toBe('127.0.0.1');
    expect(config.artifactsDir).toBe('/data/artifacts');
    expect(() => loadConfig({})).toThrow(/HEDDLE_DATABASE_URL/);
  });

  it.each([
    ['HEDDLE_PORT', '70000'],
    ['HEDDLE_PORT', 'http'],
    ['HEDDLE_LOG_LEVEL', 'loud'],
    ['HEDDLE_DATABASE_URL', 'mysql://x'],
    ['HEDDLE_REDIS_URL', 'localhost:6379'],
    ['HEDDLE_REDIS_URL', 'redis+sentinel://localhost:26379'],
    ['HEDDLE_BATCH_TOKENS', '-1'],
    ['HEDDLE_PROVIDER', 'rocm'],
    ['HEDDLE_DEVICES', 'gpu0'],
    ['HEDDLE_ARTIFACTS', '/data'],
    ['HEDDLE_ARTIFACTS', 's3://'],
    ['HEDDLE_ARTIFACTS', 's3://Bucket'],
    ['HEDDLE_ARTIFACTS', 's3://bucket?x=y'],
    ['HEDDLE_S3_ENDPOINT', 'minio:9000'],
    ['HEDDLE_S3_ENDPOINT', 'http://minio:9000'],
    ['HEDDLE_S3_ACCESS_KEY_ID', 'without-a-bucket'],
    ['HEDDLE_WEBHOOK_ALLOW_HTTP', 'yes'],
    ['HEDDLE_WEBHOOK_ALLOW_PRIVATE', '1'],
    ['HEDDLE_WEBHOOK_ALLOW_CIDRS', '10.0.0.7'],
    ['HEDDLE_WEBHOOK_ALLOW_CIDRS', '10.0.0.0/33'],
    ['HEDDLE_WEBHOOK_ALLOW_CIDRS', '10.0/16'],
    ['HEDDLE_WEBHOOK_ALLOW_CIDRS', 'fd00::/129'],
    ['HEDDLE_WEBHOOK_ALLOW_CIDRS', 'fe80::%eth0/64'],
    ['HEDDLE_WEBHOOK_ALLOW_CIDRS', '::ffff:10.0.0.0/104'],
    ['HEDDLE_WEBHOOK_ALLOW_CIDRS', '10.0.0.0/8,'],
    ['HEDDLE_WEBHOOK_SCHEDULE', '5s,5m'],
    ['HEDDLE_WEBHOOK_SCHEDULE', '5,-1'],
    ['HEDDLE_WEBHOOK_SCHEDULE', '1,,2'],
    ['HEDDLE_WEBHOOK_SCHEDULE', '99999999'],
    ['HEDDLE_WEBHOOK_SCHEDULE', '1296000,1296001'],
    ['HEDDLE_WEBHOOK_SCHEDULE', Array(21).fill('1').join()],
    ['HEDDLE_TYPO', 'x'],
  ])('names %s=%s', (name, value) => {
    expect(() => readEnvironment({ [name]: value })).toThrow(ConfigError);
    expect(() => readEnvironment({ [name]: value })).toThrow(name);
  });

  it('names every wrong setting at once and treats empty as unset', () => {
    expect(() => readEnvironment({ HEDDLE_PORT: 'x', HEDDLE_BATCH_TOKENS: 'y' })).toThrow(
      /HEDDLE_PORT[\s\S]*HEDDLE_BATCH_TOKENS/,
    );
    expect(readEnvironment({ HEDDLE_PORT: '' }).HEDDLE_PORT).toBe(8080);
  });

  it('keeps artefacts in a folder, or in a bucket', () => {
    const artifacts = (env: NodeJS.ProcessEnv) =>
      loadConfig({ ...DATABASE, HEDDLE_DATA_DIR: '/data', ...env }).artifacts;
    expect(artifacts({})).toEqual({ folder: '/data/artifacts' });
    expect(artifacts({ HEDDLE_ARTIFACTS_DIR: '/mnt/shared' })).toEqual({ folder: '/mnt/shared' });
    expect(artifacts({ HEDDLE_ARTIFACTS: 's3://models' })).toEqual({
      s3: { bucket: 'models', prefix: '', region: 'us-east-1', forcePathStyle: false },
    });
    const keys = { HEDDLE_S3_ACCESS_KEY_ID: 'id', HEDDLE_S3_SECRET_ACCESS_KEY: 'secret' };
    const own = { HEDDLE_S3_ENDPOINT: 'http://minio:9000', HEDDLE_S3_REGION: 'eu', ...keys };
    expect(artifacts({ HEDDLE_ARTIFACTS: 's3://models/heddle/live/', ...own })).toEqual({
      s3: {
        bucket: 'models',
        prefix: 'heddle/live',
        endpoint: 'http://minio:9000',
        region: 'eu',
        credentials: { accessKeyId: 'id', secretAccessKey: 'secret' },
        forcePathStyle: true,
      },
    });
    for (const [name, env] of Object.entries({
      HEDDLE_S3_SECRET_ACCESS_KEY: { HEDDLE_ARTIFACTS: 's3://models', HEDDLE_S3_ACCESS_KEY_ID: 'id' },
      HEDDLE_ARTIFACTS_DIR: { HEDDLE_ARTIFACTS: 's3://models', HEDDLE_ARTIFACTS_DIR: '/x' },
    })) {
      expect(() => artifacts(env)).toThrow(name);
    }
  });

  it('calls no private network by webhooks unless told so', () => {
    expect(readEnvironment({})).toMatchObject({
      HEDDLE_WEBHOOK_ALLOW_HTTP: false,
      HEDDLE_WEBHOOK_ALLOW_PRIVATE: false,
      HEDDLE_WEBHOOK_ALLOW_CIDRS: undefined,
      HEDDLE_WEBHOOK_SCHEDULE: undefined,
    });
    const set = { HEDDLE_WEBHOOK_ALLOW_CIDRS: '10.0.0.0/8, FD00::/8', HEDDLE_WEBHOOK_SCHEDULE: '0.5,1,2' };
    expect(readEnvironment(set)).toMatchObject({
      HEDDLE_WEBHOOK_ALLOW_CIDRS: ['10.0.0.0/8', 'FD00::/8'],
      HEDDLE_WEBHOOK_SCHEDULE: [0.5, 1, 2],
    });
  });

  it('has one inference process per GPU, unless told otherwise', () => {
    const children = (env: NodeJS.ProcessEnv) => loadConfig({ ...DATABASE, ...env }).inferenceChildren;
    const cores = availableParallelism();
    expect(children({})).toBe(cores >= 4 ? cores - 1 : cores);
    expect(children({ HEDDLE_PROVIDER: 'webgpu' })).toBe(1);
    expect(children({ HEDDLE_PROVIDER: 'cuda', HEDDLE_DEVICES: '0,2,3' })).toBe(3);
    expect(children({ HEDDLE_PROVIDER: 'cuda', HEDDLE_INFERENCE_CHILDREN: '2' })).toBe(2);
  });

  it('leaves to plans what no setting names', () => {
    const config = (env: NodeJS.ProcessEnv) => loadConfig({ ...DATABASE, ...env });
    expect(config({})).toMatchObject({ layoutIsSet: false, inferenceThreads: 1 });
    expect(config({}).env).toMatchObject({ HEDDLE_AUTOTUNE: true });
    expect(config({}).env.HEDDLE_BATCH_TOKENS).toBeUndefined();
    expect(config({ HEDDLE_INFERENCE_THREADS: '2' })).toMatchObject({
      layoutIsSet: true,
      inferenceThreads: 2,
    });
    expect(config({ HEDDLE_PROVIDER: 'cuda' }).layoutIsSet).toBe(true);
  });

  it('refuses GPUs that nobody would use, or one twice', () => {
    const devices = (HEDDLE_PROVIDER: string, HEDDLE_DEVICES: string) =>
      readEnvironment({ HEDDLE_PROVIDER, HEDDLE_DEVICES }).HEDDLE_DEVICES;
    expect(devices('tensorrt', '1')).toEqual([1]);
    expect(devices('webgpu', '0')).toEqual([0]);
    expect(() => devices('webgpu', '1')).toThrow(
      'HEDDLE_DEVICES: is for HEDDLE_PROVIDER=cuda and tensorrt, not webgpu',
    );
    expect(() => devices('cuda', '1,1')).toThrow('must name each GPU once');
  });

  it('keeps the inference timeout below the lease', () => {
    expect(() => readEnvironment({ HEDDLE_LEASE_MS: '5000' })).toThrow(/HEDDLE_INFERENCE_TIMEOUT_MS/);
    expect(() => loadConfig({ ...DATABASE, HEDDLE_LEASE_MS: '5000' })).toThrow(ConfigError);
  });

  it('reads what workers of a pool serve, and keeps the bounds of scaling in order', () => {
    const { env, scaling } = loadConfig({ ...DATABASE, HEDDLE_POOL_MODELS: 'topic, nli' });
    expect([env.HEDDLE_POOL, env.HEDDLE_POOL_MODELS]).toEqual(['default', ['topic', 'nli']]);
    expect(scaling).toMatchObject({ targetWaitS: 30, holdS: 300, minWorkers: 1, maxWorkers: 100 });
    for (const wrong of ['HEDDLE_POOL_MODELS=topic,,nli', 'HEDDLE_POOL=GPU', 'HEDDLE_SCALE_UTILIZATION=0']) {
      const [name = '', value] = wrong.split('=');
      expect(() => readEnvironment({ [name]: value })).toThrow(name);
    }
    const bounds = { HEDDLE_SCALE_MIN_WORKERS: '5', HEDDLE_SCALE_MAX_WORKERS: '4' };
    expect(() => readEnvironment(bounds)).toThrow(/HEDDLE_SCALE_MIN_WORKERS/);
  });

  it('ignores what Kubernetes says of services, and explains the one that takes the name of a setting', () => {
    const links = {
      HEDDLE_SERVICE_HOST: '10.0.0.1',
      HEDDLE_SERVICE_PORT: '80',
      HEDDLE_SERVICE_PORT_HTTP: '80',
      HEDDLE_PORT_8080_TCP: 'tcp://10.0.0.1:8080',
      HEDDLE_PORT_8080_TCP_ADDR: '10.0.0.1',
      HEDDLE_API_PORT: 'tcp://10.0.0.1:80',
      HEDDLE_API_PORT_80_TCP_PROTO: 'tcp',
    };
    expect(readEnvironment(links).HEDDLE_PORT).toBe(8080);
    expect(() => readEnvironment({ ...links, HEDDLE_PORT: 'tcp://10.0.0.1:80' })).toThrow(
      /HEDDLE_PORT: .*enableServiceLinks: false/,
    );
    expect(() => readEnvironment({ HEDDLE_API_PORT: '80' })).toThrow(/HEDDLE_API_PORT: no such setting/);
  });

  it('is documented as it is', async () => {
    const page = await readFile(new URL('../../../docs/configuration.md', import.meta.url), 'utf8');
    expect(page).toBe(settingsAsMarkdown());
  });
});
