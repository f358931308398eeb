import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { copyAs } from './copy-as.js';
import type { PlaygroundSubmission } from './forms.js';

const SUBMISSION: PlaygroundSubmission = {
  model: "it's",
  task: 'text-classification',
  inputs: ['a "quoted" \\ $HOME `id` text\nof two lines', { text: 'ü🧵' }],
  parameters: { truncate: true, top_k: 2 },
};
const BODY = { ...SUBMISSION };

it('a shell gives curl the same body', () => {
  const text = copyAs('curl', SUBMISSION, 'http://127.0.0.1:8080');
  // In place of curl: prints its last argument.
  const printed = execFileSync('sh', ['-c', `curl() { for last; do :; done; printf %s "$last"; }\n${text}`], {
    encoding: 'utf8',
  });
  expect(JSON.parse(printed)).toEqual(BODY);
  expect(text).toContain("'http://127.0.0.1:8080/v1/jobs'");
  expect(text).toContain('$HEDDLE_API_KEY');
});

it('the program in TypeScript has the same texts', () => {
  const text = copyAs('TypeScript', { ...SUBMISSION, parameters: {} }, 'http://h');
  const call = /client\.run\(([\s\S]*)\);\n/.exec(text)![1]!;
  expect(JSON.parse(`[${call}]`)).toEqual([BODY.model, BODY.inputs, { task: BODY.task }]);
});

it('the program in Python has its own words for true and null', () => {
  const text = copyAs('Python', { ...SUBMISSION, parameters: { truncate: false, top_k: null } }, 'http://h');
  expect(text).toContain('"parameters": {"truncate": False, "top_k": None}');
  expect(text).toContain('"http://h/v1/jobs"');
});
