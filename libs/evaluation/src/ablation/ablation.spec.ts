import { describe, expect, it } from 'vitest';
import { type Accumulator, createAccumulator } from '../metrics/index.js';
import {
  type AblationRun,
  ablationMarkdown,
  ablationMetrics,
  ablationReportOf,
  ablationSvg,
  maskedPositions,
} from './index.js';

const metrics = ['accuracy'];
/** Answers to examples that are all `a`, of which some are right. */
function answers(right: readonly boolean[]): Accumulator {
  const accumulator = createAccumulator({ task: 'text-classification', metrics, labels: ['a', 'b'] });
  right.forEach((is, index) => {
    const [first, second] = is ? ['a', 'b'] : ['b', 'a'];
    const labels = [
      { label: first, score: 0.75 },
      { label: second, score: 0.25 },
    ];
    accumulator.add({ index, expected: 'a', predicted: { labels } });
  });
  return accumulator;
}
const rightFrom = (count: number, of = 40) => answers(Array.from({ length: of }, (_, i) => i < count));
const subject = {
  model: 'topic@1 <b>',
  task: 'text-classification' as const,
  dataset: { name: 'a|b.jsonl', examples: 40, left_out: 2 },
};
const options = { seed: 7, resamples: 200 };
const full: AblationRun = { without: [], precision: 'fp32', answers: rightFrom(36) };
const run = (without: string[], count: number): AblationRun => ({
  without,
  precision: 'fp32',
  answers: rightFrom(count),
});

describe('the table of ablations', () => {
  it('says as the paper found where the full model is the best, int8 aside', async () => {
    const int8: AblationRun = { without: [], precision: 'int8', answers: rightFrom(37) };
    const runs = [full, run(['c2p'], 30), run(['p2c', 'emd', 'c2p'], 36), int8];
    const report = await ablationReportOf(subject, runs, options);
    expect(report.rows.map(({ name }) => name)).toEqual(['full', '-C2P', '-(EMD+C2P+P2C)', 'full']);
    expect(report.rows.map((row) => row.metrics.accuracy)).toEqual([0.9, 0.75, 0.9, 0.925]);
    expect(report.rows[0]).toMatchObject({ difference: null, full_is_at_least_as_good: null });
    expect(report.rows[1]!.difference!.accuracy).toBeCloseTo(-0.15);
    const [low, high] = report.rows[1]!.difference_confidence!.accuracy!;
    expect(low).toBeLessThan(-0.15);
    expect(high).toBeGreaterThan(-0.15);
    expect(high).toBeLessThan(0);
    // The same answers to the same examples differ by nothing in every resample.
    expect(report.rows[2]!.difference_confidence!.accuracy).toEqual([0, 0]);
    expect(report.as_the_paper_found).toBe(true);
    expect(report.findings).toEqual([
      'As the paper found: the full model is at least as good as each ablation.',
    ]);
  });

  it('says plainly where an ablation is better, and whether that may be chance', async () => {
    const report = await ablationReportOf(subject, [full, run(['c2p'], 37), run(['p2c'], 20)], options);
    expect(report.as_the_paper_found).toBe(false);
    expect(report.findings).toEqual([
      expect.stringMatching(
        /^Not as the paper found: -C2P has accuracy 0\.9250 where the full model has 0\.9000 \(\+0\.0250, 95 % interval 0\.0000 to \+0\.\d{4}: may be chance\)\.$/,
      ),
    ]);
    const sure = await ablationReportOf(
      subject,
      [{ ...full, answers: rightFrom(10) }, run(['p2c'], 40)],
      options,
    );
    expect(sure.findings[0]).toMatch(/more than chance\)\.$/);
  });

  it('does not make much of the same answers', async () => {
    const of = async (resamples: number) =>
      (await ablationReportOf(subject, [full, run(['c2p'], 36)], { seed: 7, resamples })).findings;
    const found = 'As the paper found: the full model is at least as good as each ablation';
    expect(await of(200)).toEqual([
      `${found}, though no difference is more than chance: there may be too few examples to tell.`,
    ]);
    expect(await of(0)).toEqual([`${found}.`]);
  });

  it('tells what could not be measured, and claims nothing then', async () => {
    const refused: AblationRun = {
      without: [],
      precision: 'int8',
      answers: { reason: 'quality-loss: no | more' },
    };
    const report = await ablationReportOf(subject, [full, refused], { ...options, notes: ['A note.'] });
    expect(report).toMatchObject({
      as_the_paper_found: null,
      findings: ['Nothing that the paper left out was measured of this model.'],
    });
    expect(ablationMarkdown(report)).toContain('| full | int8 | quality-loss: no &#124; more |');
    expect(ablationMarkdown(report)).toContain('\nA note.\n');
    expect(ablationSvg(report)).toContain('not measured');
  });

  it('becomes a table of Markdown with as many cells in every row, and a chart that is XML', async () => {
    const report = await ablationReportOf(subject, [full, run(['c2p'], 30)], options);
    const markdown = ablationMarkdown(report);
    const table = markdown.split('\n').filter((line) => line.startsWith('|'));
    expect(table).toHaveLength(4);
    expect(new Set(table.map((line) => line.split(/(?<!\\)\|/).length))).toEqual(new Set([8]));
    expect(table[3]).toMatch(/^\| -C2P \| fp32 \| 0\.7500 \| 0\.\d{4} to 0\.\d{4} \| −0\.1500 \| −/);
    expect(markdown).toContain('40 examples, 2 left out.');

    expect(markdown).toContain(
      '# Ablation of topic@1 &#60;b&#62;\n\ntext-classification on a&#124;b.jsonl: 40',
    );

    const svg = ablationSvg(report);
    expect(svg).toContain('topic@1 &lt;b&gt;');
    expect(svg).toMatch(/^<svg [^<]*>/);
    // Every element ends: pairs, and those that are empty.
    const opened = svg.match(/<(?!\/)[^>]*[^/]>/g)!.length;
    expect(svg.match(/<\//g)).toHaveLength(opened);
    const widths = [...svg.matchAll(/<rect [^>]*width="([\d.]+)" height="22"/g)].map(([, width]) =>
      Number(width),
    );
    expect(widths[1]! / widths[0]!).toBeCloseTo(0.75 / 0.9, 3);
  });

  it('judges by the metrics that the examples define', async () => {
    const answered = (texts: string[]) => {
      const accumulator = createAccumulator({ task: 'question-answering', metrics: ['f1', 'has_ans_f1'] });
      texts.forEach((text, index) => {
        const predicted = {
          answers: [{ answer: text, score: 1, start: 0, end: text.length }],
          no_answer: text === '',
          null_score: 0,
        };
        accumulator.add({ index, expected: [], predicted });
      });
      return accumulator;
    };
    const runs: AblationRun[] = [
      { without: [], precision: 'fp32', answers: answered(['', '', 'a']) },
      { without: ['c2p'], precision: 'fp32', answers: answered(['', 'a', 'a']) },
    ];
    const report = await ablationReportOf({ ...subject, task: 'question-answering' }, runs, options);
    expect(report.rows[1]).toMatchObject({ metrics: { has_ans_f1: null }, full_is_at_least_as_good: true });
    expect(report.rows[1]!.reason).toMatch(/^has_ans_f1: /);
    expect(ablationMarkdown(report)).toContain('| not defined |');
  });

  it('moves no cursor and is well-formed, whatever the data set is called', async () => {
    const name = `\u001b[2J\u009b\ufffe<i>&"|\n# x ${'y'.repeat(200)}`;
    const hostile = { ...subject, dataset: { ...subject.dataset, name } };
    const report = await ablationReportOf(hostile, [full, run(['c2p'], 30)], options);
    for (const text of [ablationMarkdown(report), ablationSvg(report)]) {
      expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\ufffe]|<i>/u);
      expect(text).not.toMatch(/^# x/m);
    }
    expect(ablationSvg(report)).toContain('&lt;i&gt;&amp;&quot;| # x yyy');
    expect(ablationSvg(report)).not.toContain('y'.repeat(60));
  });

  it('says which examples have no answer, and differs by those that both have', async () => {
    const some = answers(Array.from({ length: 38 }, () => true));
    some.fail(38);
    some.fail(39);
    const report = await ablationReportOf(subject, [full, { ...run(['c2p'], 0), answers: some }], options);
    expect(report.rows.map(({ failed }) => failed)).toEqual([0, 2]);
    expect(report.rows[1]!.difference!.accuracy).toBeCloseTo(2 / 38, 12);
    expect(report.findings.at(-1)).toBe(
      '-C2P in fp32: 2 examples are without an answer, and left out; the difference is of what both answered.',
    );
  });

  it('begins with the full model', async () => {
    await expect(ablationReportOf(subject, [run(['c2p'], 3)], options)).rejects.toThrow('the full model');
  });
});

it('shows what papers report of a task', () => {
  expect(ablationMetrics('question-answering')).toEqual(['f1', 'exact_match', 'has_ans_f1']);
  expect(ablationMetrics('text-classification', 'regression')).toEqual(['pearson', 'spearman']);
  expect(ablationMetrics('fill-mask')).toEqual(['mlm_accuracy']);
  expect(ablationMetrics('zero-shot-classification', 'multi_label_classification')).toEqual([
    'micro_f1',
    'macro_f1',
  ]);
  expect(() => ablationMetrics('embed')).toThrow('Nothing is measured of embed');
});

describe('masked positions', () => {
  const special = (length: number) =>
    Uint8Array.from({ length }, (_, i) => Number(i === 0 || i === length - 1));

  it('are 15 % of the text tokens, the same ones for a seed and a place', () => {
    const masked = maskedPositions(special(102), 1, 0);
    expect(masked).toHaveLength(15);
    expect([...new Set(masked)].sort((a, b) => a - b)).toEqual([...masked]);
    expect(masked.every((at) => at > 0 && at < 101)).toBe(true);
    expect(maskedPositions(special(102), 1, 0)).toEqual(masked);
    expect(maskedPositions(special(102), 1, 1)).not.toEqual(masked);
    expect(maskedPositions(special(102), 2, 0)).not.toEqual(masked);
  });

  it('are one at least, and none without text', () => {
    expect([...maskedPositions(special(3), 1, 0)]).toEqual([1]);
    expect([...maskedPositions(special(2), 1, 0)]).toEqual([]);
  });

  it('are spread evenly over places', () => {
    const counts = new Array<number>(22).fill(0);
    for (let index = 0; index < 4000; index++)
      for (const at of maskedPositions(special(22), 3, index)) counts[at]!++;
    // 3 of 20: 600 each, give or take 23.
    for (const count of counts.slice(1, -1)) expect(Math.abs(count - 600)).toBeLessThan(115);
  });
});
