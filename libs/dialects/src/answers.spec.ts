import type { TaskOutput } from '@heddle/contracts';
import { describe, expect, it } from 'vitest';
import {
  cohereClassified,
  huggingfaceAnswerOf,
  huggingfaceCall,
  huggingfaceTaskOf,
  teiTokensOf,
} from './index.js';

const answered = (...outputs: TaskOutput[]) => ({ outputs, tokens: 1 });
const one = { answer: 'Ada', score: 0.9, start: 18, end: 21 };
const two = { answer: 'it', score: 0.1, start: 0, end: 2 };
const filling = { token: 'capital', token_id: 7, score: 0.5, sequence: 'Paris is the capital.' };
const shown = { token: 7, token_str: 'capital', score: 0.5, sequence: 'Paris is the capital.' };

describe('answers for Hugging Face’s clients', () => {
  const asked = { question: 'Who?', context: 'It was written by Ada.' };

  it('are one answer to a question, a list where several were asked for', () => {
    const output = { answers: [one, two], no_answer: false, null_score: 0 };
    const body = { inputs: asked };
    expect(huggingfaceTaskOf(body, 'question-answering')).toBe('question-answering');
    expect(huggingfaceAnswerOf('question-answering', body, answered(output), [])).toEqual(one);
    const more = { inputs: asked, parameters: { top_k: 2 } };
    expect(huggingfaceAnswerOf('question-answering', more, answered(output), [])).toEqual([one, two]);
    expect(huggingfaceCall('qa', 'question-answering', more)).toMatchObject({
      inputs: [asked],
      parameters: { top_k: 2 },
    });
    const list = { inputs: [asked] };
    expect(huggingfaceAnswerOf('question-answering', list, answered(output), [])).toEqual([one]);
  });

  it('are a list of fillings for one mask, a list of lists for several', () => {
    const body = { inputs: 'Paris is the [MASK].' };
    expect(huggingfaceAnswerOf('fill-mask', body, answered({ masks: [[filling]] }), [])).toEqual([shown]);
    const both = { masks: [[filling], [filling]] };
    expect(huggingfaceAnswerOf('fill-mask', body, answered(both), [])).toEqual([[shown], [shown]]);
  });

  it('have the numbers of a regression as scores of its labels', () => {
    const body = { inputs: 'x' };
    expect(huggingfaceAnswerOf('text-classification', body, answered({ value: 1.5 }), ['LABEL_0'])).toEqual([
      [{ label: 'LABEL_0', score: 1.5 }],
    ]);
  });

  it('leave out parameters that the task does not know', () => {
    const parameters = { max_question_len: 64, top_k: null, handle_impossible_answer: true };
    expect(huggingfaceCall('qa', 'question-answering', { inputs: asked, parameters }).parameters).toEqual({
      handle_impossible_answer: true,
    });
  });
});

describe('Cohere’s classifications', () => {
  it('of several labels at once are those that are selected', () => {
    const labels = [
      { label: 'insult', score: 0.8 },
      { label: 'threat', score: 0.1 },
    ];
    expect(cohereClassified(['x'], answered({ labels, selected: ['insult'] }), String)).toMatchObject([
      { classification_type: 'multi-label', predictions: ['insult'], confidences: [0.8], prediction: null },
    ]);
  });
});

describe('tokens of text-embeddings-inference', () => {
  it('have their places in bytes', () => {
    const token = { id: 5, token: '▁👋', start: 1, end: 2, special: false, word: '👋' };
    expect(teiTokensOf('ë👋', { tokens: [token], count: 1 })).toEqual([
      { id: 5, text: '👋', special: false, start: 2, stop: 6 },
    ]);
  });
});
