import { expect, it } from 'vitest';
import { readAblationReport } from './ablation-report.js';

const REPORT = {
  object: 'ablation_report',
  model: 'topic@1',
  task: 'text-classification',
  dataset: { name: 'news.jsonl', examples: 6, left_out: 0 },
  metrics: ['accuracy'],
  rows: [
    {
      name: 'full',
      without: [],
      precision: 'fp32',
      failed: 0,
      metrics: { accuracy: 0.9 },
      confidence: { accuracy: [0.8, 1] },
      difference: null,
      difference_confidence: null,
      full_is_at_least_as_good: null,
      reason: null,
    },
  ],
  as_the_paper_found: null,
  findings: ['As the paper found.'],
  bootstrap: { seed: 0, resamples: 1000 },
  notes: [],
};

it('reads what the command writes', () => {
  expect(readAblationReport(JSON.stringify(REPORT))).toMatchObject({
    model: 'topic@1',
    rows: [
      { name: 'full', metrics: { accuracy: 0.9 }, confidence: { accuracy: [0.8, 1] }, difference: null },
    ],
  });
});

it.each([
  'no JSON',
  'null',
  '[]',
  '{}',
  JSON.stringify({ ...REPORT, rows: [{ ...REPORT.rows[0], metrics: { accuracy: 'x' } }] }),
  JSON.stringify({ ...REPORT, rows: [{ ...REPORT.rows[0], confidence: { accuracy: 1 } }] }),
  JSON.stringify({ ...REPORT, dataset: null }),
  JSON.stringify({ ...REPORT, findings: [1] }),
])('says so of what is none: %s', (text) => {
  expect(() => readAblationReport(text)).toThrow('no report of ablations');
});
