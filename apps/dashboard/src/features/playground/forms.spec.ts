import type { Task } from '@heddle/client';
import { expect, it } from 'vitest';
import { FORMS, initialValues, submissionOf } from './forms.js';

const sent = (task: Task, values = {}) => {
  const { inputs, parameters } = submissionOf(task, 'm', { ...initialValues(task), ...values });
  return { inputs, parameters };
};

it('a text alone is sent as one, with its pair as an item', () => {
  expect(sent('text-classification', { text: 'good' })).toEqual({ inputs: ['good'], parameters: {} });
  expect(sent('text-classification', { text: 'a', text_pair: 'b', truncate: 'on' })).toEqual({
    inputs: [{ text: 'a', text_pair: 'b' }],
    parameters: { truncate: true },
  });
});

it('lines become lists without empty ones', () => {
  expect(sent('rerank', { query: 'q', documents: ' one \n\ntwo' }).inputs).toEqual([
    { query: 'q', documents: ['one', 'two'] },
  ]);
  expect(sent('embed', { texts: 'a\nb' }).inputs).toEqual(['a', 'b']);
  expect(sent('zero-shot-classification', { candidate_labels: 'x\ny' }).parameters).toEqual({
    candidate_labels: ['x', 'y'],
    hypothesis_template: 'This example is {}.',
  });
});

it('numbers are numbers, and what is left empty is left out', () => {
  expect(sent('fill-mask', { top_k: '7' }).parameters).toEqual({ top_k: 7 });
  expect(sent('fill-mask', { top_k: ' ' }).parameters).toEqual({});
});

it('attention asks for all its terms', () => {
  expect(sent('attention').parameters).toEqual({
    parts: ['total', 'c2c', 'c2p', 'p2c', 'probs'],
    encoding: 'base64',
  });
});

it('layers and heads are lists of numbers and ranges', () => {
  expect(sent('attention', { layers: ' 0, 2,5 - 7, 6', heads: '3' }).parameters).toMatchObject({
    layers: [0, 2, 5, 6, 7],
    heads: [3],
  });
  // The API says what is wrong with it.
  expect(sent('attention', { layers: 'last' }).parameters).toMatchObject({ layers: ['last'] });
  expect(sent('attention', { layers: '0-99999999' }).parameters.layers).toHaveLength(256);
});

it.each(Object.keys(FORMS) as Task[])(
  'the form of %s sends one input at least as it is filled in at first',
  (task) => {
    const { inputs } = sent(task);
    expect(inputs.length).toBeGreaterThan(0);
    for (const input of inputs) expect(JSON.stringify(input)).not.toMatch(/^(""|\[\]|\{\})$/);
  },
);
