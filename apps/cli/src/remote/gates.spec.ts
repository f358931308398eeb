import { gates, METRICS } from '@heddle/contracts';
import { describe, expect, it } from 'vitest';
import { gateText, parseGate } from './gates.js';

describe('a gate', () => {
  it.each([
    ['accuracy>=0.9', { metric: 'accuracy', min: 0.9 }],
    ['  accuracy  >=  .9 ', { metric: 'accuracy', min: 0.9 }],
    ['pearson>=-0.1', { metric: 'pearson', min: -0.1 }],
    ['mse<=1e-3', { metric: 'mse', max: 0.001 }],
    ['ndcg@10>=0.3', { metric: 'ndcg@10', min: 0.3 }],
    ['macro_f1 drop<=0.005', { metric: 'macro_f1', max_drop: 0.005 }],
    ['macro_f1:drop<=0', { metric: 'macro_f1', max_drop: 0 }],
    ['macro_f1 max_drop<=0.01', { metric: 'macro_f1', max_drop: 0.01 }],
    ['accuracy[lang=de]>=0.8', { metric: 'accuracy', slice: { field: 'lang', value: 'de' }, min: 0.8 }],
    ['f1[a=b] drop<=1', { metric: 'f1', slice: { field: 'a', value: 'b' }, max_drop: 1 }],
    ['f1[a=b]drop<=1', { metric: 'f1', slice: { field: 'a', value: 'b' }, max_drop: 1 }],
    [
      'f1[from = x >= [y] = z ]>=1',
      { metric: 'f1', slice: { field: 'from', value: 'x >= [y] = z' }, min: 1 },
    ],
  ])('%s', (text, gate) => {
    expect(parseGate(text)).toEqual(gate);
  });

  it.each([
    ['', 'compares nothing'],
    ['accuracy', 'compares nothing'],
    ['accuracy 0.9', 'compares nothing'],
    ['>=0.9', '"" is not a metric. Metrics are accuracy, average_precision, '],
    ['Accuracy>=0.9', '"Accuracy" is not a metric; did you mean accuracy? Metrics are '],
    ['acuracy>=0.9', 'did you mean accuracy?'],
    ['macro-f1>=0.9', 'did you mean macro_f1?'],
    ['loss<=0.9', '"loss" is not a metric. Metrics are '],
    ['ndcg@0>=0.9', '"ndcg@0" is not a metric; did you mean ndcg@k? '],
    ['ndcg@k>=0.9', 'with k from 1 to 1000'],
    ['accuracy>0.9', '> is neither >= nor <='],
    ['accuracy==0.9', '== is neither >= nor <='],
    ['accuracy=>0.9', '=> is neither >= nor <='],
    ['accuracy≥0.9', '≥ is neither >= nor <='],
    ['accuracy>=', '"" is not a number'],
    ['accuracy>=high', '"high" is not a number'],
    ['accuracy>=0,9', '"0,9" is not a number'],
    ['accuracy>=Infinity', '"Infinity" is not a number'],
    ['accuracy>=90%', '90% is a percentage'],
    ['accuracy>=90', 'accuracy is never above 1: 90 % is 0.9'],
    ['accuracy<=0.9', 'more of accuracy is better: it has >=, or drop<='],
    ['log_loss>=0.3', 'less of log_loss is better: it has <=, or drop<='],
    ['accuracy drop>=0.1', 'a drop is at most something'],
    ['accuracy drop<=-0.1', 'a drop is not negative'],
    ['accuracy[lang]>=0.8', '[lang] is not a slice'],
    ['accuracy[=de]>=0.8', '[=de] is not a slice'],
    ['accuracy[lang=]>=0.8', '[lang=] is not a slice'],
  ])('%j is refused', (text, why) => {
    expect(() => parseGate(text)).toThrow(why);
    expect(() => parseGate(text)).toThrow('A gate is like accuracy>=0.9');
  });

  it.each(METRICS.map((name) => name.replace('@k', '@10')))(
    'may be of %s, as the server takes it',
    (metric) => {
      const isLower = ['log_loss', 'ece', 'mse'].includes(metric);
      const texts = [
        `${metric}${isLower ? '<=' : '>='}0.5`,
        `${metric} drop<=0.1`,
        `${metric}[a=b] drop<=0.1`,
      ];
      const parsed = texts.map(parseGate);
      expect(gates.parse(parsed)).toEqual(parsed);
      expect(parsed.map(gateText)).toEqual(texts);
    },
  );

  it('is written as it is read', () => {
    for (const text of ['accuracy>=0.9', 'log_loss<=0.3', 'f1 drop<=0.005', 'accuracy[lang=de]>=0.8'])
      expect(gateText(parseGate(text))).toBe(text);
  });
});
