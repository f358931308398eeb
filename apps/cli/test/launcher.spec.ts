import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandFrom } from '../src/command-name.js';

const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url));
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'heddle-launcher-'));
});
afterAll(() => rm(folder, { recursive: true }));

const shell = async (command: string, cwd: string) => {
  const env = { PATH: process.env.PATH, HOME: folder };
  return promisify(execFile)('sh', ['-c', command], { cwd, env });
};

describe('the command that is printed', () => {
  it.each([
    ['in the clone', REPOSITORY],
    ['below it', join(REPOSITORY, 'docs')],
    ['elsewhere', tmpdir()],
  ])('works where it is printed: %s', async (_, cwd) => {
    expect((await shell(`${commandFrom(cwd)} --version`, cwd)).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('names the folder that the user calls npm from', async () => {
    const { stdout } = await shell(
      `npm --silent --prefix ${REPOSITORY} run heddle -- jobs list --help`,
      tmpdir(),
    );
    const [, command] = /^Example: (node .*heddle\.mjs) /m.exec(stdout)!;
    expect((await shell(`${command} --version`, tmpdir())).stdout).toMatch(/^\d/);
  });

  it('builds first where nothing is built', async () => {
    // A clone as small as can be: npm has linked the launcher, TypeScript is there, `dist` is not.
    const clone = join(folder, 'a clone');
    await mkdir(join(clone, 'apps', 'cli', 'src'), { recursive: true });
    await cp(join(REPOSITORY, 'apps', 'cli', 'bin'), join(clone, 'apps', 'cli', 'bin'), { recursive: true });
    await symlink(join(REPOSITORY, 'node_modules'), join(clone, 'node_modules'));
    await writeFile(join(clone, 'package.json'), '{"type":"module"}');
    const compilerOptions = {
      composite: true,
      rootDir: 'apps/cli/src',
      outDir: 'apps/cli/dist',
      types: ['node'],
    };
    await writeFile(
      join(clone, 'tsconfig.json'),
      JSON.stringify({ compilerOptions, include: ['apps/cli/src'] }),
    );
    await writeFile(
      join(clone, 'apps', 'cli', 'src', 'main.ts'),
      "process.stdout.write(process.argv.slice(2).join(' '));\n",
    );
    const launcher = join(clone, 'apps', 'cli', 'bin', 'heddle.mjs');
    const run = () => promisify(execFile)(process.execPath, [launcher, 'jobs', 'list']);
    expect(await run()).toEqual({ stdout: 'jobs list', stderr: expect.stringContaining('building') });
    expect(await run()).toEqual({ stdout: 'jobs list', stderr: '' });
  });
});

describe('npm start', () => {
  it('says at once that it builds, and passes on how it ended', async () => {
    const starting = shell(`HEDDLE_DATA_DIR=/proc/heddle npm --silent start`, REPOSITORY);
    const { code, stdout, stderr } = await starting.then(
      () => expect.unreachable(),
      (error: { code: number; stdout: string; stderr: string }) => error,
    );
    expect([code, stdout]).toEqual([78, expect.stringMatching(/^building …/)]);
    expect(stderr).toContain('configuration: HEDDLE_DATA_DIR: /proc/heddle cannot be made');
  });
});
