import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { putAliasBody } from '../aliases.js';
import type { HeddleError } from '../errors.js';
import { submitJobBody } from '../jobs.js';
import { TASK_SCHEMAS } from '../tasks/index.js';
import { importVersionBody } from '../versions.js';
import { validate } from './validate.js';

/** Pointers and codes of what is wrong. */
function faults(schema: z.ZodType, value: unknown): string[] {
  try {
    validate(schema, value);
    return [];
  } catch (error) {
    return (error as HeddleError).errors.map(({ pointer, code }) => `${pointer} ${code}`);
  }
}
const { item: textItem } = TASK_SCHEMAS['text-classification'];
const { item: rerankItem } = TASK_SCHEMAS.rerank;

describe('codes of wrong fields', () => {
  it.each<[string, z.ZodType, unknown, string[]]>([
    ['what is missing', submitJobBody, {}, ['/model required', '/inputs required']],
    [
      'what has another type',
      submitJobBody,
      { model: 5, inputs: 'x', deadline_s: 'x', parameters: [], metadata: null },
      ['/model type', '/inputs type', '/parameters type', '/deadline_s type', '/metadata type'],
    ],
    [
      'another type inside',
      submitJobBody,
      { model: 'm', inputs: [], metadata: { a: 1 } },
      ['/metadata/a type'],
    ],
    ['no object at all', submitJobBody, [], [' type']],
    [
      'none of the choices',
      submitJobBody,
      { model: 'm', inputs: [], task: 'poetry', priority: 7 },
      ['/task value', '/priority type'],
    ],
    [
      'two faults of one number',
      submitJobBody,
      { model: 'm', inputs: [], deadline_s: 1e300 },
      ['/deadline_s range'],
    ],
    ['an unknown field', submitJobBody, { model: 'm', inputs: [], 'a/b': 1 }, ['/a~1b unknown-field']],
    ['a missing kind', importVersionBody, { source: {} }, ['/source/type required']],
    ['a mistyped kind', importVersionBody, { source: { type: 5 } }, ['/source/type type']],
    ['an unknown kind', importVersionBody, { source: { type: 'url' } }, ['/source/type value']],
    ['a missing choice of types', putAliasBody, {}, ['/version required']],
    ['none of the types', putAliasBody, { version: true }, ['/version type']],
    ['an item of another type', textItem, 7, [' type']],
    ['an item without text', textItem, {}, ['/text required']],
    ['an item with another text', textItem, { text: 7 }, ['/text type']],
    [
      'documents',
      rerankItem,
      { query: 'x', documents: [5, {}, { text: 5 }] },
      ['/documents/0 type', '/documents/1/text required', '/documents/2/text type'],
    ],
  ])('%s', (_, schema, value, expected) => {
    expect(faults(schema, value)).toEqual(expected);
  });

  it('say what a type should be', () => {
    expect(() => validate(textItem, 7)).toThrowError(
      expect.objectContaining({
        errors: [{ pointer: '', code: 'type', message: 'must be a string or an object' }],
      }),
    );
    expect(() => validate(putAliasBody, { version: -1.5 })).toThrowError(
      expect.objectContaining({
        errors: [{ pointer: '/version', code: 'type', message: 'must be a string or an integer' }],
      }),
    );
  });
});
