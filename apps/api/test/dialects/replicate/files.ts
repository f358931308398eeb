import type { FileObject } from 'replicate';
import { describe, expect, it } from 'vitest';
import { replicate, world } from './setting.js';

const upload = async (form: FormData) => {
  const response = await fetch(`${world.heddle.url}/replicate/v1/files`, {
    method: 'POST',
    headers: { authorization: `Bearer ${world.heddle.key}` },
    body: form,
  });
  return { status: response.status, body: (await response.json()) as FileObject & { errors?: unknown } };
};
/** As clients that send metadata as a text do. */
const formOf = (metadata?: string, type?: string) => {
  const form = new FormData();
  form.set('content', new Blob(['hello'], type === undefined ? {} : { type }), 'x.txt');
  if (metadata !== undefined) form.set('metadata', metadata);
  return form;
};

describe('files', () => {
  it('are kept, listed and deleted, with what is said of them', async () => {
    const metadata = { customer: 'acme', page: 3, tags: ['a', { b: null }] };
    const made = await replicate.files.create(new Blob(['hello'], { type: 'text/plain' }), metadata);
    const sha256 = '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824';
    expect(made).toMatchObject({
      size: 5,
      content_type: 'text/plain',
      etag: sha256,
      checksums: { sha256 },
      metadata,
      expires_at: null,
      urls: { get: `${world.heddle.url}/replicate/v1/files/${made.id}` },
    });
    expect((await replicate.files.list()).results.map(({ id }) => id)).toEqual([made.id]);
    expect(await replicate.files.get(made.id)).toEqual(made);
    expect(await replicate.files.delete(made.id)).toBe(true);
    await expect(replicate.files.get(made.id)).rejects.toMatchObject({ response: { status: 404 } });
  });

  it('have what nobody says of them as nothing', async () => {
    const { status, body } = await upload(formOf());
    expect([status, body]).toMatchObject([201, { content_type: 'application/octet-stream', metadata: {} }]);
    const named = await upload(formOf('{"a":1}', 'application/jsonl'));
    expect(named.body).toMatchObject({ content_type: 'application/jsonl', metadata: { a: 1 } });
    const { body: odd } = await upload(formOf('null', 'no type at all'));
    expect(odd).toMatchObject({ content_type: 'application/octet-stream', metadata: {} });
  });

  it.each([
    ['no JSON', 'nothing'],
    ['no object', '[1]'],
    ['a text that cannot be kept', '{"a":"\\u0000"}'],
    ['a name that means something else', '{"__proto__":{}}'],
    ['more depth than any body', `${'{"a":'.repeat(70)}1${'}'.repeat(70)}`],
    ['too many bytes', JSON.stringify({ a: 'x'.repeat(17_000) })],
  ])('of which is said %s are refused', async (_, metadata) => {
    const before = (await replicate.files.list()).results.length;
    const part = new Blob([metadata], { type: 'application/json' });
    for (const given of [metadata, part]) {
      const form = formOf();
      form.set('metadata', given);
      const { status, body } = await upload(form);
      expect([status, JSON.stringify(body.errors)]).toEqual([422, expect.stringContaining('/metadata')]);
    }
    expect((await replicate.files.list()).results).toHaveLength(before);
  });
});
