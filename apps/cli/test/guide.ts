import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'vitest';

export const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url));

/** Runs what a page shows of a running Heddle, as it is written: each snippet prints something, and none is refused. */
export async function runGuide(page: string, env: Record<string, string>): Promise<void> {
  const text = await readFile(join(REPOSITORY, page), 'utf8');
  const snippets = [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)]
    .map((match) => match[1]!)
    .filter((snippet) => /\$HEDDLE_URL|npx heddle/.test(snippet));
  // No page has fewer: the pattern above would be wrong.
  expect(snippets.length).toBeGreaterThanOrEqual(3);
  for (const snippet of snippets) {
    const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', snippet], {
      cwd: REPOSITORY,
      env: { PATH: process.env.PATH, ...env },
    });
    expect(stdout, snippet).not.toContain('/problems/');
    expect(stdout.trim(), snippet).not.toBe('');
  }
}
