import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { errorsAsMarkdown } from './error-page.js';
import { ERRORS } from './errors.js';
import { fromPublicId, isUuid, newUuid, timeOfUuid, toPublicId } from './ids.js';
import { submitJobBody } from './jobs.js';
import { isApiKey, newApiKey } from './keys.js';
import { changeModelBody, createModelBody, parseModelReference } from './models.js';
import { TASK_SCHEMAS } from './tasks/index.js';
import { codePointLength, isStorableText } from './text.js';
import { changeVersionBody, labelNames } from './versions.js';

describe('ids', () => {
  it('survive the way out and back, and sort by time', () => {
    const ids = Array.from({ length: 10_000 }, () => newUuid());
    expect(ids.every(isUuid)).toBe(true);
    const shown = ids.map((id) => toPublicId('job', id));
    expect(shown.map((id) => fromPublicId('job', id))).toEqual(ids);
    expect([...shown].sort()).toEqual(shown);
    expect(shown[0]).toMatch(/^job_[0-9a-hjkmnp-tv-z]{26}$/);
  });

  it('tell when they were made', () => {
    expect(timeOfUuid('0198c4a1-2b3c-7000-8000-000000000000')).toBe(0x0198c4a12b3c);
    const before = Date.now();
    expect(timeOfUuid(newUuid())).toBeGreaterThanOrEqual(before);
  });

  it('are null when malformed', () => {
    const good = toPublicId('job', newUuid());
    for (const bad of [
      '',
      'job_',
      good.slice(1),
      `${good}0`,
      good.replace('job_', 'ver_'),
      `job_${'z'.repeat(26)}`,
    ]) {
      expect(fromPublicId('job', bad)).toBeNull();
    }
    fc.assert(
      fc.property(fc.string(), (text) => [null, 'string'].includes(fromPublicId('job', text) as null)),
    );
  });
});

describe('errors', () => {
  it('are documented as they are, each once', async () => {
    const page = await readFile(new URL('../../../docs/http-api.md', import.meta.url), 'utf8');
    expect(page).toContain(`<!-- generated: npm run docs -->\n${errorsAsMarkdown()}\n<!-- end -->\n`);
    const codes = [...errorsAsMarkdown().matchAll(/^\| `([a-z0-9-]+)` \|/gm)].map(([, code]) => code);
    expect(codes.sort()).toEqual(Object.keys(ERRORS).sort());
  });
});

describe('api keys', () => {
  it('carry check characters', () => {
    const key = newApiKey();
    expect(key).toMatch(/^hdl_[0-9A-Za-z]{36}$/);
    expect(isApiKey(key)).toBe(true);
    for (let i = 4; i < key.length; i++) {
      const changed = key.slice(0, i) + (key[i] === 'x' ? 'y' : 'x') + key.slice(i + 1);
      expect(isApiKey(changed)).toBe(false);
    }
  });
});

describe('texts', () => {
  it('are counted in code points and refused when Postgres would change them', () => {
    expect(codePointLength('a😀é')).toBe(3);
    expect(isStorableText('😀 é')).toBe(true);
    expect(isStorableText('a\u0000')).toBe(false);
    expect(isStorableText('\ud800')).toBe(false);
  });
});

describe('model references', () => {
  it.each([
    ['sentiment', { kind: 'name', name: 'sentiment', alias: null, number: null }],
    ['a@3', { kind: 'name', name: 'a', alias: null, number: 3 }],
    ['a@canary', { kind: 'name', name: 'a', alias: 'canary', number: null }],
    ['ver_x', { kind: 'version-id', id: 'ver_x' }],
  ])('%s', (text, expected) => expect(parseModelReference(text)).toEqual(expected));

  it.each(['', '@', 'A', 'a@', 'a@0', 'a@B', 'a@b@c', '-a', 'a'.repeat(64), 'a/b'])('refuses %j', (text) =>
    expect(parseModelReference(text)).toBeNull(),
  );
});

describe('schemas', () => {
  it('refuse model names that are read as ids', () => {
    const named = (name: string) => createModelBody.safeParse({ name }).success;
    for (const name of ['ver_1', 'mdl_x', toPublicId('model', newUuid()), toPublicId('version', newUuid())])
      expect(named(name)).toBe(false);
    for (const name of ['verdict', 'ver-1', 'file_types', 'my-ver_1']) expect(named(name)).toBe(true);
  });

  it('refuse what lists and terminals cannot show', () => {
    const described = (description: string) => changeModelBody.safeParse({ description }).success;
    expect(described('Größe, 😀, <b>')).toBe(true);
    for (const odd of ['\u0007', 'a\nb', '\u001b[2J', '\u0085', 'x'.repeat(1001)])
      expect(described(odd)).toBe(false);
    const noted = (notes: string) => changeVersionBody.safeParse({ notes }).success;
    expect(noted('two\n\tlines')).toBe(true);
    for (const odd of ['\u0007', '\r', '\u001b[2J', 'x'.repeat(2001)]) expect(noted(odd)).toBe(false);
    const labelled = (...labels: string[]) => labelNames.safeParse(labels).success;
    expect(labelled('a', 'B', 'b')).toBe(true);
    for (const odd of ['', 'a\nb', '\u009b', 'x'.repeat(257)]) expect(labelled('a', odd)).toBe(false);
    expect(labelled('a', 'b', 'a')).toBe(false);
  });

  it('fill in defaults and refuse unknown fields', () => {
    expect(submitJobBody.parse({ model: 'm', inputs: ['x'] })).toEqual({
      model: 'm',
      inputs: ['x'],
      parameters: {},
      result_ttl_s: 604_800,
      priority: 'normal',
      deadline_s: 600,
      metadata: {},
    });
    expect(submitJobBody.safeParse({ model: 'm', inputs: [], colour: 'red' }).success).toBe(false);
    const zeroShot = TASK_SCHEMAS['zero-shot-classification'].parameters;
    expect(zeroShot.safeParse({}).success).toBe(false);
    expect(zeroShot.safeParse({ candidate_labels: ['a', 'a'] }).success).toBe(false);
    expect(zeroShot.safeParse({ candidate_labels: ['a'], hypothesis_template: 'no slot' }).success).toBe(
      false,
    );
    expect(zeroShot.parse({ candidate_labels: ['a'] })).toMatchObject({ multi_label: false });
  });
});
