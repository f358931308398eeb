/** Where everything of one campaign lives, by which what it started is found when it ends. */
import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { createTestFolder } from '@heddle/testing';

const REAPER = fileURLToPath(new URL('reaper.mjs', import.meta.url));

/**
 * Makes it the folder for temporary files, so that all that is started is named after it, and leaves somebody behind who
 * cleans up when this process is gone, however it went. Returns the folder.
 */
export async function makeRunFolder() {
  const folder = await createTestFolder('heddle-chaos-');
  process.env.TMPDIR = folder;
  const reaper = spawn(process.execPath, [REAPER, folder], {
    stdio: ['pipe', 'ignore', 'ignore'],
    // Out of reach of Ctrl-C in a terminal.
    detached: true,
  });
  reaper.unref();
  reaper.stdin.unref();
  return folder;
}

/** Kills what was started, and removes the folder. Nothing else happens in this process meanwhile, so nothing is started. */
export function removeRunFolder(folder) {
  spawnSync(process.execPath, [REAPER, folder], { stdio: ['ignore', 'inherit', 'inherit'] });
}
