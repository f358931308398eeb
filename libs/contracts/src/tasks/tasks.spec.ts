import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { submitJobBody } from '../jobs.js';
import { TASK_SCHEMAS, TASKS } from './index.js';

const guide = await readFile(new URL('../../../../docs/tasks.md', import.meta.url), 'utf8');
/** Requests of the guide, by their section. */
const examples = guide.split(/^## /m).flatMap((section) => {
  const [name = ''] = section.split('\n');
  const blocks = [...section.matchAll(/```json\n(.*?)```/gs)].map(([, json]) => JSON.parse(json!));
  return blocks.filter((block) => 'model' in block).map((body) => [name, body] as const);
});

describe('the guide to tasks', () => {
  it('has a section and an example for every task', () => {
    expect([...new Set(examples.map(([name]) => name))].sort()).toEqual([...TASKS].sort());
  });

  it.each(examples)('%s: %j is a valid request', (name, body) => {
    const { task, inputs, parameters } = submitJobBody.parse(body);
    expect(task).toBe(name);
    for (const item of inputs) TASK_SCHEMAS[task!].item.parse(item);
    TASK_SCHEMAS[task!].parameters.parse(parameters);
  });

  it.each(TASKS)('%s: names every parameter', (task) => {
    const section = guide.split(/^## /m).find((text) => text.startsWith(`${task}\n`))!;
    const shared = guide.split(/^## /m).find((text) => text.startsWith('What all tasks share'))!;
    for (const name of Object.keys(TASK_SCHEMAS[task].parameters.shape)) {
      expect(section + shared).toContain(`\`${name}\``);
    }
  });
});
