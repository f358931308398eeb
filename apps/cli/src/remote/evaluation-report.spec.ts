import type { Evaluation, EvaluationResult } from '@heddle/contracts';
import { describe, expect, it } from 'vitest';
import { reportMarkdown, reportText } from './evaluation-report.js';
import { exitStatusOf, suiteOf } from './evaluation-run.js';
import { junitXml } from './junit.js';

const result = {
  items: 463,
  failed: 2,
  skipped: 0,
  invalid: 1,
  metrics: { accuracy: 0.84665, mcc: null },
  undefined_metrics: { mcc: 'one label is expected throughout' },
  confidence: { accuracy: [0.81, 0.88] },
  baseline_metrics: { accuracy: 0.85, mcc: null },
  difference: { accuracy: -0.00335, mcc: null },
  difference_confidence: { accuracy: [-0.012, 0.004] },
  gates: [
    { metric: 'accuracy', rule: 'min', required: 0.8, actual: 0.84665, passed: true },
    {
      metric: 'accuracy',
      slice: { field: 'lang', value: 'a|b' },
      rule: 'min',
      required: 0.9,
      actual: null,
      passed: false,
      reason: 'no examples',
    },
  ],
  passed: false,
  slices: { lang: { de: { items: 12, failed: 0, metrics: { accuracy: 0.5, mcc: null } } } },
  worst: [{ index: 3, loss: 4.2 }],
  speed: { tokens: 9_000, padded_share: 0.125, seconds: 3, tokens_per_s: 3_000, inference_ms: 2_000 },
} as unknown as EvaluationResult;

const evaluation = {
  id: 'evl_x',
  status: 'succeeded',
  model: 'sentiment',
  version_number: 3,
  task: 'text-classification',
  dataset: 'file_x',
  dataset_sha256: 'ab12',
  gates: [
    { metric: 'accuracy', min: 0.8 },
    { metric: 'accuracy', slice: { field: 'lang', value: 'a|b' }, min: 0.9 },
  ],
  errors: [],
  error_count: 0,
  result,
  created_at: '2026-01-02T03:04:05.000Z',
  started_at: '2026-01-02T03:04:06.000Z',
  completed_at: '2026-01-02T03:04:09.500Z',
} as unknown as Evaluation;

const failed: Evaluation = {
  ...evaluation,
  status: 'failed',
  result: null,
  errors: [{ line: 3, code: 'malformed-json', message: 'no JSON' }],
  error_count: 1,
};

describe('what an evaluation found', () => {
  it('is tables of metrics, slices and gates', () => {
    expect(reportText(evaluation)).toBe(`
METRIC    VALUE   95 % INTERVAL     BASELINE  DIFFERENCE  ITS 95 % INTERVAL
accuracy  0.8467  0.8100 to 0.8800  0.8500    -0.0034     -0.0120 to +0.0040
mcc       -       -                 -         -           -

mcc: one label is expected throughout

SLICE    EXAMPLES  ACCURACY  MCC
lang=de  12        0.5000    -

GATE                     RESULT  ACTUAL  WHY
accuracy>=0.8            passed  0.8467
accuracy[lang=a|b]>=0.9  missed  -       no examples

463 examples, 2 failed, 1 invalid; 3000 tokens/s, 12.5 % of what was computed was padding

worst examples: 1; npx heddle evaluations items evl_x --wrong shows what is wrong
`);
    const alone = { ...result, baseline_metrics: null, slices: {}, gates: [], worst: [] };
    expect(reportText({ ...evaluation, gates: [], result: alone })).toMatch(
      /^\nMETRIC {4}VALUE {3}95 % INTERVAL\n/,
    );
    const ofNumbers = { ...alone, metrics: { pearson: 0.3 }, worst: result.worst };
    expect(reportText({ ...evaluation, result: ofNumbers })).toMatch(
      /: 1; npx heddle evaluations items evl_x shows their losses\n$/,
    );
    expect(reportText(failed)).toBe('');
  });

  it('is Markdown too, in which no text is markup', () => {
    const text = reportMarkdown(evaluation);
    expect(text).toMatch(/^## sentiment@3: missed\n/);
    expect(text).toContain('| accuracy | 0.8467 | 0.8100 to 0.8800 |');
    expect(text).toContain('| accuracy&#91;lang=a&#124;b&#93;&#62;=0.9 | missed | - | no examples |');
    expect(reportMarkdown(failed)).toMatch(
      /^## sentiment@3: failed\n(.|\n)*- line 3: malformed-json: no JSON\n/,
    );
  });

  it('has the first errors, and says how many more there are', () => {
    const errors = Array.from({ length: 100 }, (_, i) => ({
      line: i + 1,
      code: 'validation' as const,
      message: 'no',
    }));
    const many: Evaluation = { ...failed, errors, error_count: 20_000 };
    const lines = reportMarkdown(many)
      .split('\n')
      .filter((line) => line.startsWith('- '));
    expect([lines.length, lines[9], lines[10]]).toEqual([
      11,
      '- line 10: validation: no',
      '- and 19990 more',
    ]);
    expect(junitXml(suiteOf(many))).toContain('line 10: validation: no; and 19990 more"');
  });

  it('moves no cursor of a terminal, and is no markup, whatever labels and slices are called', () => {
    const hostile = '\u001b[2J<b>|\n# x\u009b';
    const found = {
      ...result,
      undefined_metrics: { mcc: hostile },
      slices: { [hostile]: { [hostile]: { items: 1, failed: 0, metrics: { accuracy: 1 } } } },
      gates: [{ ...result.gates[1]!, reason: hostile }],
    } as EvaluationResult;
    const gates = [{ metric: 'accuracy', slice: { field: hostile, value: hostile }, min: 0.9 }];
    const hostileOne = { ...evaluation, gates, result: found };
    const text = reportText(hostileOne);
    expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
    expect(text).toContain('mcc: \\u001b[2J<b>| # x\\u009b');
    expect(text.split('\n')).toHaveLength(
      reportText({ ...evaluation, gates, result: { ...found, gates: [] } }).split('\n').length + 3,
    );
    const error = { line: 1, code: 'validation' as const, message: hostile };
    for (const one of [hostileOne, { ...failed, errors: [error], error_count: 1 }]) {
      const markdown = reportMarkdown(one);
      expect(markdown.replaceAll('\n', '')).not.toMatch(/\p{Cc}|<b>/u);
      expect(markdown).not.toMatch(/^# x/m);
      const cells = markdown.split('\n').filter((line) => line.startsWith('| ') && line.includes('u001b'));
      for (const line of cells) expect([4, 6]).toContain(line.split('|').length);
    }
  });

  it('is an exit status: 0 only where it has succeeded and no gate was missed', () => {
    expect(exitStatusOf(evaluation)).toBe(1);
    expect(exitStatusOf({ ...evaluation, result: { ...result, passed: true } })).toBe(0);
    expect(exitStatusOf(failed)).toBe(1);
    expect(exitStatusOf({ ...failed, status: 'canceled' })).toBe(1);
  });

  it('is a suite of the run and its gates', () => {
    expect(suiteOf(evaluation)).toMatchObject({
      name: 'evaluation of sentiment@3',
      properties: { evaluation: 'evl_x', accuracy: '0.8467', mcc: '-' },
      cases: [
        { name: 'run', seconds: 3.5 },
        { name: 'accuracy>=0.8' },
        { name: 'accuracy[lang=a|b]>=0.9', failure: 'no examples' },
      ],
    });
    expect(junitXml(suiteOf(failed))).toContain('tests="3" failures="0" errors="1" skipped="2"');
  });
});
