import { chmod, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { unpackDebianPackages, unpackedFolder } from './debian-packages.js';
import { findInPath, isExecutable } from './executables.js';

const FOLDER = 'redis';

/**
 * Path of a redis-server: the installed one, else Debian's package, unpacked once.
 * @throws Error saying what to install where Debian's packages cannot be had.
 */
export async function redisServerPath(): Promise<string> {
  const installed = await findInPath('redis-server');
  if (installed) return installed;
  const launcher = join(unpackedFolder(FOLDER), 'redis-server');
  if (await isExecutable(launcher)) return launcher;
  try {
    await unpackRedis();
  } catch (cause) {
    throw new Error(
      'Specs need a redis-server. Install it (Debian, Ubuntu: apt-get install redis-server; macOS: brew install redis) ' +
        'so that it is found in PATH.',
      { cause },
    );
  }
  return launcher;
}

const unpackRedis = () =>
  unpackDebianPackages({
    name: FOLDER,
    choose: async (apt) => {
      // The simulation names what this system lacks: the server, its tools and their libraries.
      const { stdout } = await apt('install', '--simulate', '--no-install-recommends', 'redis-server');
      return [...stdout.matchAll(/^Inst (\S+)/gm)].map((match) => match[1]!);
    },
    arrange: async ({ root, draft, target }) => {
      const [libraries] = (await readdir(join(root, 'usr/lib'))).filter((name) => name.includes('-linux-'));
      const final = join(target, 'root');
      await writeFile(
        join(draft, 'redis-server'),
        `#!/bin/sh\nLD_LIBRARY_PATH='${final}/usr/lib/${libraries}' exec '${final}/usr/bin/redis-server' "$@"\n`,
      );
      await chmod(join(draft, 'redis-server'), 0o755);
    },
  });
