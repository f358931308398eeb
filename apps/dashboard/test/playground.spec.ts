import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Job } from '@heddle/contracts';
import {
  chromiumPathIfAny,
  type Page,
  screenFaults,
  startDashboard,
  startHeddle,
  TestClient,
  type TestDashboard,
  type TestHeddle,
} from '@heddle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importFolder, TINY_CHECKPOINTS } from './checkpoints.js';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
/** Opens a dialog wherever it is taken for markup, which is a fault of the visit. */
const SCRIPT = '<img src=x onerror=alert(1)><script>alert(2)</script>';
const TIMEOUT_MS = 600_000;
const chromium = await chromiumPathIfAny();

describe.runIf(chromium)('the playground', { timeout: TIMEOUT_MS }, () => {
  let heddle: TestHeddle;
  let client: TestClient;
  let dashboard: TestDashboard;
  beforeAll(async () => {
    heddle = await startHeddle();
    client = new TestClient(heddle.url, heddle.key);
    await Promise.all([
      importFolder(client, 'ranker', TINY_CHECKPOINTS.rerank).then(() =>
        importFolder(client, 'ranker', TINY_CHECKPOINTS.rerank, { labels: ['relevant'] }),
      ),
      importFolder(client, 'reader', TINY_CHECKPOINTS['question-answering']),
      importFolder(client, 'speller', TINY_CHECKPOINTS['fill-mask']),
      importFolder(client, 'vectors', TINY_CHECKPOINTS.rerank, { head: 'features' }),
    ]);
    dashboard = await startDashboard(heddle.url, chromium!);
  }, TIMEOUT_MS);
  afterAll(async () => {
    await dashboard?.close();
    await heddle?.stop();
  });

  const open = <T>(model: string, task: string, look: (page: Page) => Promise<T>) =>
    dashboard.visit(`/playground?model=${model}&task=${task}`, { key: heddle.key }, look);
  const answerOf = (page: Page, name: string) => page.getByRole('region', { name: `Answer of ${name}` });
  /** Presses Run, and answers with the job that the page shows the answer of. */
  const runForm = async (page: Page, name: string): Promise<Job> => {
    await page.getByRole('button', { name: 'Run' }).click();
    const link = answerOf(page, name).getByRole('link', { name: 'the job' });
    await link.waitFor();
    return client.get((await link.getAttribute('href'))!.split('/').at(-1)!);
  };
  const outputOf = <T>(job: Job) => job.results![0]!.output as T;
  const shown = (score: number) => score.toFixed(4);

  it('classifies a text, and a pair', async () => {
    for (const [model, second] of [
      ['sentiment', ''],
      ['nli', 'Nobody liked it.'],
    ] as const)
      await open(model, 'text-classification', async (page) => {
        await page.getByLabel('Second text').fill(second);
        const job = await runForm(page, model);
        const { labels } = outputOf<{ labels: { label: string; score: number }[] }>(job);
        const text = await answerOf(page, model).innerText();
        for (const { label, score } of labels) expect(text).toContain(`${label}\n${shown(score)}`);
        expect(job.inputs).toEqual([
          second === ''
            ? 'Two hours I will never get back.'
            : { text: 'Two hours I will never get back.', text_pair: second },
        ]);
        expect(job.priority).toBe('high');
        if (second === '') expect(await screenFaults(page)).toEqual([]);
      });
  });

  it('asks for labels that no model knows', () =>
    open('nli', 'zero-shot-classification', async (page) => {
      await page.getByLabel('Labels', { exact: true }).fill(`sport\n${SCRIPT}`);
      const job = await runForm(page, 'nli');
      const text = await answerOf(page, 'nli').innerText();
      for (const { label, score } of outputOf<{ labels: { label: string; score: number }[] }>(job).labels)
        expect(text).toContain(`${label}\n${shown(score)}`);
      expect(await screenFaults(page)).toEqual([]);
    }));

  it('marks entities where they stand, in a text with script too', () =>
    open('ner', 'token-classification', async (page) => {
      const text = `Angela Merkel spoke in Paris 🧵 with Zoë. ${SCRIPT}`;
      await page.getByLabel('Text', { exact: true }).fill(text);
      const job = await runForm(page, 'ner');
      const { entities } = outputOf<{ entities: { entity_group: string; word: string }[] }>(job);
      expect(entities.length).toBeGreaterThan(0);
      const marks = await answerOf(page, 'ner').locator('mark').allInnerTexts();
      expect(marks).toEqual(entities.map(({ word, entity_group }) => `${word} ${entity_group}`));
      // Marks stand in the tags.
      expect(await answerOf(page, 'ner').innerText()).toContain('alert(2)</script>');
      expect(await page.locator('main img[src="x"], main script').count()).toBe(0);
      expect(await screenFaults(page)).toEqual([]);
    }));

  it('shows an answer in its context', () =>
    open('reader', 'question-answering', async (page) => {
      const job = await runForm(page, 'reader');
      const [best] = outputOf<{ answers: { answer: string; score: number }[] }>(job).answers;
      expect(await answerOf(page, 'reader').locator('mark').allInnerTexts()).toEqual([best!.answer]);
      const text = await answerOf(page, 'reader').innerText();
      expect(text).toContain('It was written by Ada Lovelace in 1843.');
      expect(text).toContain(shown(best!.score));
      expect(await screenFaults(page)).toEqual([]);
    }));

  it('fills a mask', () =>
    open('speller', 'fill-mask', async (page) => {
      const job = await runForm(page, 'speller');
      const [mask] = outputOf<{ masks: { token: string; score: number }[][] }>(job).masks;
      expect(mask).toHaveLength(5);
      const text = await answerOf(page, 'speller').innerText();
      for (const { token, score } of mask!) {
        expect(text).toContain(token.trim());
        expect(text).toContain(shown(score));
      }
    }));

  it('puts documents in order, and gives a response a score', async () => {
    await open('ranker', 'rerank', async (page) => {
      await page.getByLabel('Documents').fill('same\nsame\nanother');
      const job = await runForm(page, 'ranker');
      const { results } = outputOf<{ results: { index: number; score: number }[] }>(job);
      const rows = await answerOf(page, 'ranker').getByRole('listitem').allInnerTexts();
      expect(rows).toHaveLength(3);
      results.forEach(({ index, score }, rank) => {
        expect(rows[rank]).toContain(`(document ${index})`);
        expect(rows[rank]).toContain(shown(score));
      });
    });
    await open('ranker', 'score', async (page) => {
      const job = await runForm(page, 'ranker');
      expect(await answerOf(page, 'ranker').innerText()).toContain(
        shown(outputOf<{ score: number }>(job).score),
      );
    });
  });

  it('says how near texts are', () =>
    open('vectors', 'embed', async (page) => {
      await page.getByLabel('Texts').fill('a cat\na cat\na train');
      await runForm(page, 'vectors');
      const cells = await answerOf(page, 'vectors').getByRole('cell').allInnerTexts();
      const cosines = cells.filter((text) => text !== '').map(Number);
      expect(cosines).toHaveLength(9);
      const [same, twin, other] = cosines as [number, number, number];
      expect([same, twin]).toEqual([1, 1]);
      expect(other).toBeLessThan(1);
      expect(cosines[6]).toBe(other);
      expect(await screenFaults(page)).toEqual([]);
    }));

  it('asks two versions at once', () =>
    open('ranker', 'rerank', async (page) => {
      await page.getByLabel('Version').selectOption('ranker@1');
      await page.getByLabel('Compare with').selectOption('ranker@2');
      const first = await runForm(page, 'ranker@1');
      const link = answerOf(page, 'ranker@2').getByRole('link', { name: 'the job' });
      await link.waitFor();
      const second = await client.get((await link.getAttribute('href'))!.split('/').at(-1)!);
      expect([first.version_number, second.version_number]).toEqual([1, 2]);
      expect(second.inputs).toEqual(first.inputs);
      expect(await screenFaults(page)).toEqual([]);
    }));

  it('says what an input lacks, and what the API refuses', async () => {
    await open('sentiment', 'text-classification', async (page) => {
      await page.getByLabel('Text', { exact: true }).fill('word '.repeat(600));
      await page.getByRole('button', { name: 'Run' }).click();
      await answerOf(page, 'sentiment').getByText('input-too-long').waitFor();
    });
    const visit = { key: heddle.key, expected: [/v1\/jobs: 422/] };
    await dashboard.visit('/playground?model=sentiment&task=text-classification', visit, async (page) => {
      await page.getByLabel('Text', { exact: true }).fill('');
      await page.getByRole('button', { name: 'Run' }).click();
      await answerOf(page, 'sentiment').getByRole('alert').waitFor();
      expect(await answerOf(page, 'sentiment').innerText()).toContain('/inputs/0');
    });
  });

  it('is left with programs that make the same request', async () => {
    const visit = { key: heddle.key, permissions: ['clipboard-read', 'clipboard-write'] };
    const programs = await dashboard.visit(
      '/playground?model=sentiment&task=text-classification',
      visit,
      async (page) => {
        await page.getByLabel('Text', { exact: true }).fill('It\'s "fine", $HOME `id`\nüber 🧵');
        const copied: Record<string, string> = {};
        for (const language of ['curl', 'TypeScript', 'Python']) {
          await page.getByRole('radiogroup', { name: 'Language' }).getByText(language).click();
          await page.getByRole('button', { name: `Copy the request as ${language}` }).click();
          copied[language] = await page.evaluate<string>('navigator.clipboard.readText()');
        }
        return copied;
      },
    );
    const expected = (await client.run({ model: 'sentiment', inputs: ['It\'s "fine", $HOME `id`\nüber 🧵'] }))
      .results;
    const env = { ...process.env, HEDDLE_API_KEY: heddle.key };

    const curl = await run('sh', ['-c', `${programs.curl} -w '\\n%{http_code}'`], { env });
    const [answer, status] = curl.stdout.split(/\n(?=\d+$)/);
    expect(status).toBe('201');
    expect((JSON.parse(answer!) as Job).results).toEqual(expected);

    const code = programs.TypeScript!.replace(
      'console.log(job.results)',
      'console.log(JSON.stringify(job.results))',
    );
    const node = await run(process.execPath, ['--input-type=module', '-e', code], { env, cwd: ROOT });
    expect(JSON.parse(node.stdout)).toEqual(expected);

    const python = await run('python3', ['-c', programs.Python!], { env }).catch(
      (error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error;
        return null;
      },
    );
    if (python)
      expect(python.stdout).toContain(
        `'label': '${(expected![0]!.output as { labels: { label: string }[] }).labels[0]!.label}'`,
      );
  });
});
