import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const FOLDER = fileURLToPath(new URL('../../../.heddle/python', import.meta.url));
/** Bytes of what a program prints. */
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;

export interface Python {
  /**
   * Runs a program with these arguments; what it prints. Rejects where it ends in an error, whose message has what it
   * printed there.
   */
  run(program: string, ...args: string[]): Promise<string>;
}

/**
 * Python with these packages of PyPI (`openai==3.54.0`), in a virtual environment that is made once. Null, with a word
 * about it, where there is no Python: tests that need it are skipped then; under CI that is an error instead, as is a package
 * that cannot be had.
 */
export async function pythonWith(...packages: string[]): Promise<Python | null> {
  const version = await run('python3', ['--version']).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT' || process.env.CI) throw error;
    return null;
  });
  if (!version) {
    console.warn(`There is no python3: tests that need ${packages.join(', ')} are skipped.`);
    return null;
  }
  const wanted = [version.stdout.trim(), ...packages].join('\n');
  const folder = join(FOLDER, createHash('sha256').update(wanted).digest('hex').slice(0, 16));
  const interpreter = (base: string) => join(base, 'bin/python');
  const isThere = await access(folder).then(
    () => true,
    () => false,
  );
  if (!isThere) {
    // Next to each other where two processes make one: whoever is done first has made it.
    const scratch = `${folder}.${process.pid}`;
    await mkdir(FOLDER, { recursive: true });
    try {
      await run('python3', ['-m', 'venv', scratch]);
      await run(interpreter(scratch), ['-m', 'pip', 'install', '--quiet', ...packages]);
      await rename(scratch, folder).catch(async (error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
        await rm(scratch, { recursive: true, force: true });
      });
    } catch (cause) {
      await rm(scratch, { recursive: true, force: true });
      throw new Error(`python3 with venv, and ${packages.join(', ')} of PyPI, are needed`, { cause });
    }
  }
  return {
    run: async (program, ...args) => {
      const { stdout } = await run(interpreter(folder), ['-c', program, ...args], {
        maxBuffer: MAX_OUTPUT_BYTES,
      });
      return stdout;
    },
  };
}
