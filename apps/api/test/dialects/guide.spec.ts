import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { pythonWith } from '@heddle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DialectWorld, startDialectWorld, WORLD_TIMEOUT_MS } from './world.js';

const REPOSITORY = fileURLToPath(new URL('../../../..', import.meta.url));
const python = await pythonWith(
  'openai==3.54.0',
  'replicate==1.0.7',
  'cohere==7.3.1',
  'huggingface_hub==2.4.0',
  'tritonclient[http]==2.73.0',
);
const guide = await readFile(new URL('../../../../docs/dialects.md', import.meta.url), 'utf8');
const snippets = (language: string) =>
  [...guide.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(([, code]) => code!);

describe('the guide to dialects', () => {
  let world: DialectWorld;
  const env = () => ({ HEDDLE_URL: world.heddle.url, HEDDLE_API_KEY: world.heddle.key });
  beforeAll(async () => {
    world = await startDialectWorld();
    Object.assign(process.env, env());
  }, WORLD_TIMEOUT_MS);
  afterAll(() => world.stop());

  it.each(snippets('js'))('runs in Node: %#', async (code) => {
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', code], {
      cwd: REPOSITORY,
      env: { ...process.env, ...env() },
    });
    expect(stdout.trim()).not.toBe('');
  });

  it.skipIf(!python).each(snippets('python'))('runs in Python: %#', async (code) => {
    expect((await python!.run(code)).trim()).not.toBe('');
  });

  it.each(snippets('sh'))('runs in a shell: %#', async (code) => {
    const { stdout, stderr } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', code], {
      cwd: REPOSITORY,
      env: { ...process.env, ...env() },
    });
    expect([stdout.trim(), stderr]).toEqual([expect.stringMatching(/^[[{]/), '']);
    expect(stdout).not.toMatch(/"(error|title|message)":\s?["{]/);
  });

  it('shows all of them', () => {
    const counts = ['js', 'python', 'sh'].map((language) => snippets(language).length);
    expect(counts).toEqual([4, 6, 4]);
  });
});
