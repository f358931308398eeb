import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { RunFiles } from './run-files.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'heddle-run-files-'));
});
afterAll(() => rm(folder, { recursive: true }));

it('say that there is no result until there is one, in place of what an earlier run left', async () => {
  const junit = join(folder, 'reports', 'a.xml');
  const markdown = join(folder, 'reports', 'a.md');
  const files = new RunFiles({ junit, markdown }, { model: 'm@1', gates: ['accuracy>=0.9'] });
  await files.begin();
  const begun = await readFile(junit, 'utf8');
  expect(begun).toContain('tests="2" failures="0" errors="1" skipped="1"');
  expect(begun).toContain('<error message="the command was ended before the evaluation had"/>');

  await writeFile(junit, '<testsuites failures="0"/>');
  await files.fail('cannot reach <http://x> | (ECONNREFUSED)\n# no');
  const failed = await readFile(junit, 'utf8');
  expect(failed).toContain('errors="1"');
  expect(failed).toContain('message="cannot reach &#60;http://x&#62; | (ECONNREFUSED)&#10;# no"');
  expect(await readFile(markdown, 'utf8')).toBe(
    '## m@1: no result\n\ncannot reach &#60;http&#58;//x&#62; &#124; (ECONNREFUSED) # no\n',
  );
});

it('are none where none is asked for, and refused where they cannot be', async () => {
  await new RunFiles({}, { model: 'm', gates: [] }).begin();
  const taken = new RunFiles({ junit: folder }, { model: 'm', gates: [] });
  await expect(taken.begin()).rejects.toMatchObject({
    exitStatus: 2,
    message: `${folder} cannot be written (EISDIR)`,
  });
});
