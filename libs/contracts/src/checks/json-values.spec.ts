import { expect, it } from 'vitest';
import { checkForm } from './json-values.js';

it('a JSON text has so many values, lists and objects counted, and not what stands in texts', () => {
  checkForm('[[],{}]', 4);
  expect(() => checkForm('[[],{},[]]', 5)).toThrow('more than can be meant');
  expect(() => checkForm('[1,2,3]', 2)).toThrow('more than can be meant');
  checkForm('"[[[,,,{{{"', 0);
  // What is nested takes memory as well: here are more lists than commas.
  expect(() => checkForm(`[${'[[[]]],'.repeat(100)}0]`, 300)).toThrow('more than can be meant');
});
