import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectionOf } from './connection.js';
import { profilesPath, readProfiles, writeProfiles } from './profiles.js';

const PROD = 'https://prod.example/heddle';
let folder: string;
let env: Record<string, string>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'heddle-profiles-'));
  env = { XDG_CONFIG_HOME: folder };
  const byName = new Map([
    ['prod', { server: PROD, key: 'hdl_prod' }],
    ['test', { server: 'http://test.example', key: 'hdl_test' }],
    ['open', { server: 'http://open.example', key: null }],
  ]);
  writeProfiles({ current: 'prod', byName }, env);
});
afterAll(() => rm(folder, { recursive: true }));

describe('server and key', () => {
  const local = { HEDDLE_URL: 'http://local.example', HEDDLE_API_KEY: 'hdl_env' };
  it.each<[string, object, object, string, string]>([
    ['of the current profile', {}, {}, PROD, 'hdl_prod'],
    ['of the profile of the environment', {}, { HEDDLE_PROFILE: 'test' }, 'http://test.example', 'hdl_test'],
    ['of the environment before it', {}, local, 'http://local.example', 'hdl_env'],
    ['also before one it names', {}, { ...local, HEDDLE_PROFILE: 'test' }, 'http://local.example', 'hdl_env'],
    ['of a profile that is typed', { profile: 'test' }, local, 'http://test.example', 'hdl_test'],
    [
      'of the environment where it has none, and that names no other server',
      { profile: 'open' },
      { HEDDLE_API_KEY: 'hdl_env' },
      'http://open.example',
      'hdl_env',
    ],
    ['that are typed', { server: 'http://x.example', key: 'hdl_x' }, local, 'http://x.example', 'hdl_x'],
    ['typed to a profile', { profile: 'test', key: 'hdl_x' }, local, 'http://test.example', 'hdl_x'],
    ['of the same server, written otherwise', { server: `${PROD}/` }, {}, `${PROD}/`, 'hdl_prod'],
    ['where variables are empty', {}, { HEDDLE_URL: '', HEDDLE_API_KEY: '' }, PROD, 'hdl_prod'],
  ])('are those %s', (_, typed, more, server, key) => {
    expect(connectionOf(typed, { ...env, ...more })).toEqual({ server, key });
  });

  it.each<[string, object, object, number, RegExp]>([
    [
      'never a key with another server',
      { server: 'http://x.example' },
      {},
      3,
      /that of the profile is for https:\/\/prod/,
    ],
    ['nor with one of the environment', {}, { HEDDLE_URL: 'http://x.example' }, 3, /for https:\/\/prod/],
    [
      'nor with another below the same host',
      { server: 'https://prod.example/' },
      {},
      3,
      /for https:\/\/prod/,
    ],
    ['nor that of the environment, which is of its server', { profile: 'open' }, local, 3, /^no key/],
    ['no key at all', { profile: 'open' }, {}, 3, /^no key: set HEDDLE_API_KEY/],
    ['unknown profiles', { profile: 'none' }, local, 2, /"none"; there are prod, test, open$/],
    ['addresses that are none', { server: 'prod.example', key: 'hdl_x' }, {}, 2, /not a URL/],
  ])('are %s', (_, typed, more, exitStatus, message) => {
    const refusal = { exitStatus, message: expect.stringMatching(message) as string };
    expect(() => connectionOf(typed, { ...env, ...more })).toThrow(expect.objectContaining(refusal) as Error);
  });

  it('need no file where all is said', () => {
    const nowhere = { XDG_CONFIG_HOME: join(folder, 'nowhere') };
    expect(connectionOf({ key: 'k' }, nowhere)).toEqual({ server: 'http://127.0.0.1:8080', key: 'k' });
    expect(() => connectionOf({ profile: 'prod' }, nowhere)).toThrow('there are none');
  });
});

describe('the file of profiles', () => {
  it('is its owner’s alone, and written whole', async () => {
    const path = profilesPath(env);
    expect(path).toBe(join(folder, 'heddle', 'config.json'));
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(join(folder, 'heddle'))).mode & 0o777).toBe(0o700);
    expect(await readdir(join(folder, 'heddle'))).toEqual(['config.json']);
  });

  it('is below the home folder where nothing else is said, as relative paths are nothing', () => {
    for (const XDG_CONFIG_HOME of ['', 'relative'])
      expect(profilesPath({ XDG_CONFIG_HOME })).toMatch(/^\/.*\/\.config\/heddle\/config\.json$/);
  });

  it('is refused where others may read it', async () => {
    const path = profilesPath(env);
    for (const mode of [0o640, 0o604, 0o620]) {
      await chmod(path, mode);
      const refusal = { exitStatus: 78, message: expect.stringContaining(`chmod 600 ${path}`) as string };
      expect(() => readProfiles(env)).toThrow(expect.objectContaining(refusal) as Error);
    }
    await chmod(path, 0o600);
    expect(readProfiles(env).current).toBe('prod');
  });

  it.each([
    ['hdl_secret', /it is not JSON$/],
    ['[]', /it is not an object/],
    ['{"profiles":[]}', /profiles is not an object/],
    ['{"profiles":{"a":{"server":"hdl_secret"}}}', /a\.server is not a URL/],
    ['{"profiles":{"a":{"server":"http://a","key":["hdl_secret"]}}}', /a\.key is not a string/],
    ['{"profiles":{"__proto__":{"server":"http://a"}}}', /none of a profile/],
    ['{"current":"b","profiles":{"a":{"server":"http://a"}}}', /current names none/],
    [`"${'x'.repeat(1024 * 1024)}"`, /is not a file of profiles$/],
  ])('that is broken is refused, and never shown: %.60s', async (text, message) => {
    const path = profilesPath(env);
    const before = await readFile(path);
    await writeFile(path, text);
    try {
      expect(() => readProfiles(env)).toThrow(message);
      expect(() => readProfiles(env)).not.toThrow('hdl_secret');
    } finally {
      await writeFile(path, before);
    }
  });
});
