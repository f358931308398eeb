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
    ['accuracy[lang=de]>=0.8', { metric: 'accuracy', slice: { field: 'lang', value: 'de' }, min: 0.8 }],
    ['f1[a=b] drop<=1', { metric: 'f1', slice: { field: 'a', value: 'b' }, max_drop: 1 }],
    ['f1[a=b]drop<=1', { metric: 'f1', slice: { field: 'a', value: 'b' }, max_drop: 1 }],
    [
      'f1[from = x >= [y] = z ]<=1',
      { metric: 'f1', slice: { field: 'from', value: 'x >= [y] = z' }, max: 1 },
    ],
  ])('%s', (text, gate) => {
    expect(parseGate(text)).toEqual(gate);
  });

  it.each([
    ['', 'compares nothing'],
    ['accuracy', 'compares nothing'],
    ['accuracy 0.9', 'compares nothing'],
    ['>=0.9', '"" is not the name of a metric'],
    ['Accuracy>=0.9', '"Accuracy" is not the name of a metric'],
    ['ndcg@0>=0.9', '"ndcg@0" is not the name of a metric'],
    ['accuracy>0.9', '> is neither >= nor <='],
    ['accuracy==0.9', '== is neither >= nor <='],
    ['accuracy=>0.9', '=> is neither >= nor <='],
    ['accuracy>=', '"" is not a number'],
    ['accuracy>=high', '"high" is not a number'],
    ['accuracy>=0,9', '"0,9" is not a number'],
    ['accuracy>=Infinity', '"Infinity" is not a number'],
    ['accuracy>=90%', '90% is a percentage'],
    ['accuracy drop>=0.1', 'a drop is at most something'],
    ['accuracy drop<=-0.1', 'a drop is not negative'],
    ['accuracy[lang]>=0.8', '[lang] is not a slice'],
    ['accuracy[=de]>=0.8', '[=de] is not a slice'],
    ['accuracy[lang=]>=0.8', '[lang=] is not a slice'],
  ])('%j is refused', (text, why) => {
    expect(() => parseGate(text)).toThrow(why);
    expect(() => parseGate(text)).toThrow('A gate is like accuracy>=0.9');
  });

  it('is written as it is read', () => {
    for (const text of ['accuracy>=0.9', 'log_loss<=0.3', 'f1 drop<=0.005', 'accuracy[lang=de]>=0.8'])
      expect(gateText(parseGate(text))).toBe(text);
  });
});
