import type { Evaluation } from '@heddle/client';
import { expect, it } from 'vitest';
import { evidenceOf, gateEvidence } from './gate-evidence.js';

const result = {
  metrics: { accuracy: 0.9, macro_f1: null },
  baseline_metrics: { accuracy: 0.95 },
  baseline: 'ver_1',
  slices: { lang: { de: { metrics: { accuracy: 0.7 }, baseline_metrics: { accuracy: 0.6 } } } },
} as unknown as NonNullable<Evaluation['result']>;
const evaluation = (metrics: object, id: string) => ({ id, result: { metrics } }) as unknown as Evaluation;

it('takes the newest evaluation that measured what is asked, else the newest with a result', () => {
  const none = { id: 'a', result: null } as Evaluation;
  const some = evaluation({ accuracy: 1 }, 'b');
  const all = evaluation({ accuracy: 1, mcc: 0.4 }, 'c');
  const gates = [
    { metric: 'accuracy', min: 0.5 },
    { metric: 'mcc', min: 0.1 },
  ];
  expect(evidenceOf([none, some, all], gates)).toBe(all);
  expect(evidenceOf([none, some], gates)).toBe(some);
  expect(evidenceOf([none], gates)).toBeUndefined();
});

it('holds values against least and most, of slices too', () => {
  expect(gateEvidence({ metric: 'accuracy', min: 0.9 }, result, 'ver_1')).toMatchObject({
    actual: 0.9,
    baseline: null,
    met: true,
  });
  const slice = { field: 'lang', value: 'de' };
  expect(gateEvidence({ metric: 'accuracy', min: 0.9, slice }, result, 'ver_1')).toMatchObject({
    actual: 0.7,
    met: false,
  });
  expect(gateEvidence({ metric: 'accuracy', max: 0.8 }, result, 'ver_1').met).toBe(false);
  expect(gateEvidence({ metric: 'macro_f1', min: 0 }, result, 'ver_1').met).toBe(false);
  expect(gateEvidence({ metric: 'ece', max: 1 }, result, 'ver_1')).toMatchObject({
    actual: null,
    met: false,
  });
});

it('leaves a difference to the server, and knows that one from another version says nothing', () => {
  const gate = { metric: 'accuracy', max_drop: 0.1 };
  expect(gateEvidence(gate, result, 'ver_1')).toMatchObject({ actual: 0.9, baseline: 0.95, met: null });
  expect(gateEvidence(gate, result, 'ver_2')).toMatchObject({ baseline: null, met: false });
});
