import type { Task } from '@heddle/contracts';
import { testManifest } from '@heddle/testing';
import { describe, expect, it } from 'vitest';
import { parseLine } from './parse-line.js';

const rules = (task: Task, parameters: Record<string, unknown>) => ({
  task,
  parameters,
  manifest: testManifest({ tasks: [task] }),
  dialect: null,
});
const lineOf = (own: Record<string, unknown>) => ({
  number: 1,
  end: 0,
  bytes: Buffer.from(JSON.stringify({ custom_id: 'a', input: 'text', ...own })),
});

describe('parameters', () => {
  it('of the batch are one object for all lines that have none, and are never changed by those that have', () => {
    const batch = rules('text-classification', { top_k: 2 });
    const first = parseLine(lineOf({}), batch);
    const own = parseLine(lineOf({ parameters: { top_k: 1 } }), batch);
    expect(own.parameters).toMatchObject({ top_k: 1 });
    expect(parseLine(lineOf({ parameters: {} }), batch).parameters).toEqual(first.parameters);
    const again = parseLine(lineOf({}), batch);
    expect(again.parameters).toBe(first.parameters);
    expect(again.parameters).toMatchObject({ top_k: 2 });
    // Another batch has its own.
    expect(parseLine(lineOf({}), rules('text-classification', { top_k: 3 })).parameters).toMatchObject({
      top_k: 3,
    });
  });

  it('that the batch lacks are missed in each line that does not have them', () => {
    const batch = rules('zero-shot-classification', {});
    const fault = { code: 'validation', message: '/parameters/candidate_labels: is required', customId: 'a' };
    for (let i = 0; i < 2; i++) {
      expect(() => parseLine(lineOf({}), batch)).toThrow(expect.objectContaining(fault));
      const parameters = { candidate_labels: ['x'] };
      expect(parseLine(lineOf({ parameters }), batch).parameters).toMatchObject(parameters);
    }
  });
});
