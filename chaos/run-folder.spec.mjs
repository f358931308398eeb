import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access } from 'node:fs/promises';
import { memoryOf, waitFor } from '@heddle/testing';
import { describe, expect, it } from 'vitest';

const RUN_FOLDER = new URL('run-folder.mjs', import.meta.url).href;

/** A campaign that has started programs: named in its command line, by its environment, working there, and a child of such a one. */
const CAMPAIGN = `
  import { spawn } from 'node:child_process';
  import { once } from 'node:events';
  import { makeRunFolder, removeRunFolder } from ${JSON.stringify(RUN_FOLDER)};
  const folder = await makeRunFolder();
  const forever = 'setInterval(() => {}, 1000)';
  const start = (args, options) =>
    spawn(process.execPath, ['-e', forever, ...args], { env: {}, ...options, detached: true, stdio: 'ignore' }).pid;
  const pids = [start([folder]), start([], { env: { DATA: folder + '/data' } }), start([], { cwd: folder })];
  const parent = spawn(
    process.execPath,
    ['-e', 'const { spawn } = require("node:child_process");' +
      'console.log(spawn(process.execPath, ["-e", ' + JSON.stringify(forever) + '], { env: {}, stdio: "ignore" }).pid);' + forever,
     folder],
    { stdio: ['ignore', 'pipe', 'inherit'], env: {} },
  );
  const [line] = await once(parent.stdout, 'data');
  pids.push(parent.pid, Number(line));
  process.once('SIGTERM', () => { removeRunFolder(folder); process.exit(130); });
  console.log(JSON.stringify({ folder, pids }));
  setInterval(() => {}, 1000);`;

/** Those that run: a zombie, which waits for its parent only, has no memory. */
async function running(pids) {
  const memory = await Promise.all(pids.map(memoryOf));
  return pids.filter((_, at) => memory[at] > 0);
}

async function startCampaign() {
  const child = spawn(process.execPath, ['--input-type=module', '-e', CAMPAIGN], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(child.stdout, 'data');
  return { child, ...JSON.parse(line) };
}

describe('makeRunFolder', () => {
  it.each(['SIGTERM', 'SIGKILL'])(
    'leaves no process and no folder behind a campaign that ends by %s',
    async (signal) => {
      const { child, folder, pids } = await startCampaign();
      expect(pids).toHaveLength(5);
      expect(await running(pids)).toEqual(pids);
      const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
      child.kill(signal);
      await once(child, 'exit');
      if (signal === 'SIGTERM') expect(await running(pids)).toEqual([]);
      await waitFor(
        () =>
          access(folder).then(
            () => false,
            () => true,
          ),
        { timeoutMs: 30_000 },
      );
      expect(await running(pids)).toEqual([]);
      expect(await running([other.pid])).toEqual([other.pid]);
      other.kill('SIGKILL');
    },
  );
});
