import { execFile } from 'node:child_process';
import { access, mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const VERSION = '1.1.0';
const FOLDER = fileURLToPath(new URL(`../../../.heddle/standardwebhooks-${VERSION}`, import.meta.url));

/**
 * The interpreter of a virtual environment that has `standardwebhooks` of PyPI, made once. Throws when there is no
 * Python or the package cannot be had: the test that needs it has then failed.
 */
export async function pythonWithStandardWebhooks(): Promise<string> {
  const python = (folder: string) => join(folder, 'bin/python');
  const there = await access(FOLDER).then(
    () => true,
    () => false,
  );
  if (there) return python(FOLDER);
  const scratch = `${FOLDER}.${process.pid}`;
  await mkdir(dirname(FOLDER), { recursive: true });
  try {
    await run('python3', ['-m', 'venv', scratch]);
    await run(python(scratch), ['-m', 'pip', 'install', '--quiet', `standardwebhooks==${VERSION}`]);
    await rename(scratch, FOLDER);
  } catch (cause) {
    await rm(scratch, { recursive: true, force: true });
    throw new Error(`this test needs python3 with venv, and standardwebhooks ${VERSION} of PyPI`, { cause });
  }
  return python(FOLDER);
}
