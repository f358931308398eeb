import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type Evaluation,
  type EvaluationItem,
  fromPublicId,
  type Page,
  type StoredFile,
} from '@heddle/contracts';
import { startHeddle, TestClient, type TestHeddle, waitFor } from '@heddle/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { heddle, startCli } from './cli.js';

const SENTIMENT = fileURLToPath(new URL('../../../models/sentiment', import.meta.url));

let system: TestHeddle;
let env: Record<string, string>;
let folder: string;
let path: string;
beforeAll(async () => {
  system = await startHeddle();
  env = { HEDDLE_URL: system.url, HEDDLE_API_KEY: system.key };
  folder = await mkdtemp(join(tmpdir(), 'heddle-cli-evaluations-'));
  path = join(folder, 'films.jsonl');
  const example = (input: string, expected: string, lang: string) =>
    JSON.stringify({ input, expected, slice: { lang } });
  const examples = [
    example('I loved it', 'positive', 'en'),
    example('a wonderful, moving film', 'positive', 'en'),
    example('Two hours I will never get back', 'negative', 'en'),
    example('a dull and tedious mess', 'negative', 'en'),
    // Expected wrongly, so that one answer is wrong.
    example('I hated it', 'positive', 'xx'),
  ];
  await writeFile(path, `${examples.join('\n')}\n`);
}, 240_000);
afterAll(async () => {
  await system.stop();
  await rm(folder, { recursive: true });
});

const run = (...args: string[]) =>
  heddle(['evaluations', 'run', '--model', 'sentiment', '--dataset', path, ...args], { env });
const files = async () =>
  (
    await new TestClient(system.url, system.key).request<Page<StoredFile>>('GET', '/v1/files?purpose=dataset')
  ).data.map(({ id }) => id);

describe('evaluations run', { timeout: 180_000 }, () => {
  it('ends with 0 where every gate is met, and prints and writes what was found', async () => {
    const junit = join(folder, 'reports', 'met.xml');
    const markdown = join(folder, 'reports', 'met.md');
    const again = await heddle(['versions', 'import', SENTIMENT, '--model', 'again', '--create', '--wait'], {
      env,
    });
    expect(again.status, again.stderr).toBe(0);
    const { status, stdout, stderr } = await run(
      '--gate',
      'accuracy>=0.5',
      '--gate',
      'accuracy[lang=en]>=0.6',
      '--baseline',
      'again@1',
      '--junit',
      junit,
      '--markdown',
      markdown,
    );
    expect([status, stderr]).toEqual([
      0,
      expect.stringMatching(/^uploading films.jsonl\n(.*\n)*succeeded: 10 of 10 answers\n$/),
    ]);
    expect(stdout).toMatch(/^ID +STATUS +MODEL +TASK /);
    expect(stdout).toMatch(/^METRIC +VALUE +95 % INTERVAL +BASELINE +DIFFERENCE /m);
    expect(stdout).toMatch(/^accuracy +0\.\d{4} +0\.\d{4} to [01]\.\d{4} +0\.\d{4} +\+0\.0000 /m);
    expect(stdout).toMatch(/^accuracy\[lang=en\]>=0\.6 +passed /m);
    expect(stdout).toMatch(/^5 examples; \d+ tokens\/s/m);
    const xml = await readFile(junit, 'utf8');
    expect(xml).toContain('tests="3" failures="0" errors="0" skipped="0"');
    expect(xml).toContain('name="accuracy[lang=en]&#62;=0.6"');
    expect(await readFile(markdown, 'utf8')).toMatch(/^## sentiment@1: passed\n/);
  });

  it('ends with 1 where one is missed', async () => {
    const junit = join(folder, 'missed.xml');
    const { status, stdout } = await run(
      '--gate',
      'accuracy>=0.99',
      '--junit',
      junit,
      '--json',
      '--seed',
      '7',
    );
    const evaluation = JSON.parse(stdout) as Evaluation;
    expect([status, evaluation.status, evaluation.result?.passed]).toEqual([1, 'succeeded', false]);
    expect(evaluation.result?.bootstrap.seed).toBe(7);
    const xml = await readFile(junit, 'utf8');
    expect(xml).toContain('tests="2" failures="1" errors="0" skipped="0"');
    expect(xml).toContain('<failure message=');
  });

  it('ends with 1 where the data set cannot be read, which is an error in JUnit XML', async () => {
    const bad = join(folder, 'bad.jsonl');
    await writeFile(bad, '{"input": "x", "expected": "positive"}\nno json\n');
    const junit = join(folder, 'bad.xml');
    const { status, stderr } = await heddle(
      ['evaluations', 'run', '--model', 'sentiment', '--dataset', bad, '--gate', 'ece<=1', '--junit', junit],
      { env },
    );
    expect([status, stderr]).toEqual([1, expect.stringContaining('line 2: ')]);
    expect(await readFile(junit, 'utf8')).toContain('tests="2" failures="0" errors="1" skipped="1"');
  });

  it('takes files that were uploaded, and columns of others', async () => {
    const csv = join(folder, 'films.csv');
    await writeFile(csv, 'text,gold\nI loved it,1\nA dull film,0\n');
    const uploaded = await heddle(['files', 'upload', csv, '--purpose', 'dataset', '--json'], { env });
    const { id } = JSON.parse(uploaded.stdout) as StoredFile;
    const args = ['evaluations', 'run', '--model', 'sentiment@1', '--dataset', id, '--metric', 'accuracy'];
    const mapping = JSON.stringify({ input: { text: 'text' }, expected: { label: 'gold' } });
    const labels = ['--label', '0=negative', '--label', '1=positive'];
    const { status, stdout } = await heddle([...args, '--mapping', mapping, ...labels, '--json'], { env });
    const { dataset, metrics, result } = JSON.parse(stdout) as Evaluation;
    expect([status, dataset, metrics, result?.items]).toEqual([0, id, ['accuracy'], 2]);
  });

  it('keeps nothing of what is refused', async () => {
    const before = await files();
    const { status, stderr } = await run('--metric', 'seq_f1');
    expect([status, stderr]).toEqual([5, expect.stringContaining('seq_f1')]);
    expect(await files()).toEqual(before);
  });

  it.each<[string[], number, RegExp]>([
    [['--gate', 'accuracy>0.9'], 2, /> is neither >= nor <=/],
    [['--gate', 'acuracy>=0.9'], 2, /did you mean accuracy\?/],
    [['--metric', 'macrof1'], 2, /did you mean macro_f1\?/],
    [['--no-wait', '--junit', 'x.xml'], 2, /leave --no-wait out/],
    [['--mapping', '[1]'], 2, /not a JSON object/],
    [['--label', 'x'], 2, /not theirs=ours/],
    [['--junit', 'package.json/x.xml'], 2, /cannot be made/],
    [['--model', 'none'], 4, /not-found/],
    [['--dataset', 'nowhere.jsonl'], 2, /does not exist/],
    [['--dataset', 'file_00000000000000000000000000'], 4, /not-found/],
    [['--gate', 'accuracy drop<=0.1'], 5, /baseline/],
  ])('%j ends with %i', async (args, expected, message) => {
    const { status, stderr } = await run(...args);
    expect([status, stderr]).toEqual([expected, expect.stringMatching(message)]);
  });
});

describe('evaluations', { timeout: 180_000 }, () => {
  it('are listed and shown, with their examples', async () => {
    const started = await run('--json');
    const { id, version, dataset } = JSON.parse(started.stdout) as Evaluation;
    const shown = await heddle(['evaluations', 'get', id], { env });
    expect([shown.status, shown.stdout]).toEqual([0, expect.stringMatching(/^accuracy +0\.8000/m)]);
    const filters = ['--model', 'sentiment', '--version', version, '--dataset', dataset];
    const list = await heddle(['evaluations', 'list', ...filters, '--status', 'succeeded', '--json'], {
      env,
    });
    expect((JSON.parse(list.stdout) as Page<Evaluation>).data.map((one) => one.id)).toEqual([id]);
    const none = await heddle(['evaluations', 'list', ...filters, '--status', 'failed', '--json'], { env });
    expect((JSON.parse(none.stdout) as Page<Evaluation>).data).toEqual([]);
    const items = await heddle(['evaluations', 'items', id, '--json'], { env });
    expect((JSON.parse(items.stdout) as Page<EvaluationItem>).data).toHaveLength(5);
    const first = await heddle(['evaluations', 'items', id, '--limit', '2'], { env });
    expect([first.stdout.split('\n').length, first.stderr]).toEqual([4, 'the first 2; --limit shows more\n']);
    const wrong = await heddle(['evaluations', 'items', id, '--wrong'], { env });
    expect(wrong.stdout).toMatch(
      /^LINE +CORRECT +LOSS +EXPECTED +PREDICTED\n5 +no +\d\.\d{4} +positive +negative 0\.\d{4} .*\n$/,
    );
    const late = await heddle(['evaluations', 'cancel', id, '--json'], { env });
    expect((JSON.parse(late.stdout) as Evaluation).status).toBe('succeeded');
    expect((await heddle(['evaluations', 'get', 'evl_none'], { env })).status).toBe(4);
  });

  it('are listed with their examples over as many pages as it takes', async () => {
    const many = join(folder, 'many.jsonl');
    const line = JSON.stringify({ input: 'I loved it', expected: 'negative' });
    await writeFile(many, `${line}\n`.repeat(130));
    const args = ['evaluations', 'run', '--model', 'sentiment', '--dataset', many, '--json'];
    const { id } = JSON.parse((await heddle(args, { env })).stdout) as Evaluation;
    const items = async (limit: string) => {
      const shown = await heddle(['evaluations', 'items', id, '--wrong', '--limit', limit, '--json'], {
        env,
      });
      const { data, next_cursor } = JSON.parse(shown.stdout) as Page<EvaluationItem>;
      return { lines: data.map((item) => item.line), isWhole: next_cursor === null };
    };
    const lines = Array.from({ length: 130 }, (_, i) => i + 1);
    expect(await items('120')).toEqual({ lines: lines.slice(0, 120), isWhole: false });
    expect(await items('1000')).toEqual({ lines, isWhole: true });
  });

  it('go on when Ctrl-C interrupts the wait, or are canceled when asked to', async () => {
    await system.kill('worker');
    const interrupted = async (...options: string[]) => {
      const args = ['evaluations', 'run', '--model', 'sentiment', '--dataset', path, ...options];
      const running = startCli(args, env);
      await waitFor(() => /queued|running/.test(running.stderr()), { timeoutMs: 60_000 });
      running.process.kill('SIGINT');
      expect(await once(running.process, 'close')).toEqual([130, null]);
      const list = await heddle(['evaluations', 'list', '--limit', '1', '--json'], { env });
      const [{ id, status }] = (JSON.parse(list.stdout) as { data: [Evaluation] }).data;
      return { id, status, stderr: running.stderr() };
    };
    const canceled = await interrupted('--cancel-on-interrupt');
    expect([canceled.status, canceled.stderr]).toEqual([
      'canceled',
      expect.stringContaining(`${canceled.id} was canceled`),
    ]);
    const left = await interrupted();
    expect(['queued', 'running']).toContain(left.status);
    expect(left.stderr).toContain(`evaluations get ${left.id}`);
    const canceledLater = await heddle(['evaluations', 'cancel', left.id, '--json'], { env });
    expect((JSON.parse(canceledLater.stdout) as Evaluation).status).toBe('canceled');
    const unwaited = await run('--no-wait', '--json');
    expect([unwaited.status, (JSON.parse(unwaited.stdout) as Evaluation).result]).toEqual([0, null]);
    await system.start('worker');
  });
});

describe('JUnit XML and Markdown of a run that ends early', { timeout: 180_000 }, () => {
  let junit: string;
  let markdown: string;
  let gate: string[];
  beforeAll(async () => {
    junit = join(folder, 'early.xml');
    markdown = join(folder, 'early.md');
    gate = ['--gate', 'accuracy>=0.5', '--junit', junit, '--markdown', markdown];
    await system.kill('worker');
  });
  afterAll(() => system.start('worker'));
  beforeEach(async () => {
    await writeFile(junit, '<testsuites tests="1" failures="0"/>');
    await writeFile(markdown, 'all is well');
  });

  async function expectError(message: string): Promise<void> {
    const xml = await readFile(junit, 'utf8');
    expect(xml).toContain('tests="2" failures="0" errors="1" skipped="1"');
    expect(/<error message="([^"]*)"/.exec(xml)![1]).toContain(message);
    expect(await readFile(markdown, 'utf8')).toContain(message);
  }
  async function waiting(...options: string[]) {
    const args = ['evaluations', 'run', '--model', 'sentiment', '--dataset', path, ...gate, ...options];
    const running = startCli(args, env);
    const closed = once(running.process, 'close');
    await waitFor(() => /queued|running/.test(running.stderr()), { timeoutMs: 60_000 });
    const list = await heddle(['evaluations', 'list', '--limit', '1', '--json'], { env });
    const [{ id }] = (JSON.parse(list.stdout) as { data: [Evaluation] }).data;
    return { id, closed, process: running.process };
  }

  it.each<[string[], number, string]>([
    [['--metric', 'seq_f1'], 5, 'seq_f1'],
    [['--model', 'none'], 4, 'not-found'],
    [['--server', 'http://127.0.0.1:9'], 7, 'cannot reach http'],
    [['--timeout', '1'], 8, 'not ended in time'],
  ])('has the error of %j', async (options, expected, message) => {
    expect((await run(...gate, ...options)).status).toBe(expected);
    await expectError(message);
  });

  it('says that Ctrl-C has canceled it', async () => {
    const { id, closed, process } = await waiting('--cancel-on-interrupt');
    process.kill('SIGINT');
    expect(await closed).toEqual([130, null]);
    await expectError(`interrupted; ${id} was canceled`);
  });

  it('says that there is no result where the command was killed', async () => {
    const { closed, process } = await waiting();
    process.kill('SIGKILL');
    await closed;
    await expectError('the command was ended before the evaluation had');
  });

  it('says that somebody else has canceled it', async () => {
    const { id, closed } = await waiting();
    await heddle(['evaluations', 'cancel', id], { env });
    expect(await closed).toEqual([1, null]);
    await expectError('canceled');
  });

  it('says that it has expired', async () => {
    const { id, closed } = await waiting();
    const uuid = fromPublicId('evaluation', id);
    await system.database.query(`UPDATE evaluations SET deadline = now() WHERE id = '${uuid}'`);
    expect(await closed).toEqual([1, null]);
    await expectError('expired');
  });
});
