import { describe, expect, it } from 'vitest';
import { parseMapping } from './parse-mapping.js';

const LABEL = { label: 'l' };

describe('a mapping', () => {
  it.each([
    { input: { text: 'a', text_pair: 'b' }, expected: LABEL, slice: { genre: 'c' }, id: 'd', group: 'e' },
    { input: { prompt: 'a', choices: ['b', 'c'] }, expected: { choice: 'd' } },
    { input: { query: 'a', documents: 'b' }, expected: { grades: 'c', separator: ' ' } },
    { input: { tokens: 'a' }, expected: { tags: 'b' } },
  ])('may be %j', (mapping) => {
    expect(parseMapping(mapping)).toBe(mapping);
  });

  it.each([
    [7, '', 'must be an object'],
    [
      { input: { text: 'a' }, expected: LABEL, labels: {} },
      '/labels',
      'no such field; there are id, group, input',
    ],
    [{ expected: LABEL }, '/input', 'is required'],
    [{ input: {}, expected: LABEL }, '/input', 'names no column'],
    [{ input: { premise: 'a' }, expected: LABEL }, '/input/premise', 'no such field; there are text,'],
    [{ input: { text: ['a'] }, expected: LABEL }, '/input/text', 'must be the name of a column'],
    [
      { input: { prompt: 'a', choices: ['b', 5] }, expected: LABEL },
      '/input/choices',
      'must be the name of a column',
    ],
    [
      { input: { prompt: 'a', choices: [] }, expected: LABEL },
      '/input/choices',
      'must be the name of a column',
    ],
    [{ input: { text: 'a' } }, '/expected', 'is required'],
    [
      { input: { text: 'a' }, expected: { lable: 'b' } },
      '/expected/lable',
      'no such field; there are label,',
    ],
    [
      { input: { text: 'a' }, expected: { label: 'b', value: 'c' } },
      '/expected',
      'needs one of label, labels',
    ],
    [{ input: { text: 'a' }, expected: { separator: ',' } }, '/expected', 'needs one of label, labels'],
    [{ input: { text: 'a' }, expected: { label: '' } }, '/expected/label', 'must be the name of a column'],
    [
      { input: { text: 'a' }, expected: { label: 'b', separator: ',' } },
      '/expected/separator',
      'is for labels, answers',
    ],
    [
      { input: { text: 'a' }, expected: { labels: 'b', separator: '' } },
      '/expected/separator',
      'must be a text',
    ],
    [{ input: { text: 'a' }, expected: { tags: 'b' } }, '/expected', 'tags are expected of tokens'],
    [{ input: { tokens: 'a' }, expected: LABEL }, '/expected', 'tags are expected of tokens'],
    [
      { input: { text: 'a' }, expected: LABEL, slice: { 'a/b': 1 } },
      '/slice/a~1b',
      'must be the name of a column',
    ],
    [{ input: { text: 'a' }, expected: LABEL, id: null }, '/id', 'must be the name of a column'],
  ])('may not be %j', (mapping, pointer, message) => {
    expect(() => parseMapping(mapping)).toThrowError(
      expect.objectContaining({
        code: 'validation',
        message: 'The mapping is wrong.',
        errors: [expect.objectContaining({ pointer, message: expect.stringContaining(message) })],
      }),
    );
  });
});
