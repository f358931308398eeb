import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openScratch } from './scratch.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'heddle-artifacts-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('scratch', () => {
  it('is empty folders that go when it is closed', async () => {
    const root = join(folder, 'tmp');
    const scratch = await openScratch(root);
    const dirs = [await scratch.create(), await scratch.create()];
    for (const dir of dirs) await writeFile(join(dir, 'x'), 'x');
    expect(new Set(dirs).size).toBe(2);
    await scratch.close();
    expect(await readdir(root)).toEqual([]);
    await writeFile(join(await scratch.create(), 'again'), 'x');
    await scratch.close();
    expect(await readdir(root)).toEqual([]);
  });

  it('is cleared of what killed processes left, and of nothing else', async () => {
    const root = join(folder, 'tmp');
    const script = join(folder, 'sleep.mjs');
    await writeFile(script, 'setInterval(() => undefined, 1000)');
    const [alive, dead] = [fork(script), fork(script)];
    const kept = [`${hostname()} ${alive.pid} 0123456789ab`, 'elsewhere 1 0123456789ab', 'README'];
    const left = [
      `${hostname()} ${dead.pid} 0123456789ab`,
      `${hostname()} ${process.pid} 0123456789ab`,
      'elsewhere 2 0123456789ab',
    ];
    for (const name of [...kept, ...left]) await mkdir(join(root, name, 'x'), { recursive: true });
    const long = new Date(Date.now() - 48 * 3_600_000);
    await utimes(join(root, left[2]!), long, long);
    dead.kill('SIGKILL');
    await once(dead, 'exit');
    const own = await openScratch(root);
    const dir = await own.create();
    await openScratch(root);
    expect(await readdir(dir)).toEqual([]);
    await own.close();
    expect((await readdir(root)).sort()).toEqual([...kept].sort());
    alive.kill('SIGKILL');
    await once(alive, 'exit');
  });
});
