import { type FieldError, fromPublicId, HeddleError, type ImportVersionBody } from '@heddle/contracts';
import type { Store } from '@heddle/store';

/** A file's name in a checkpoint folder: one path segment, no dot in front. */
const FILE_NAME = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}$/;

/**
 * UUIDs of the uploaded files that an import names, in its order.
 * Errors: `not-found`; `validation` when they cannot lie in one folder, or are for something else.
 */
export async function sourceFiles(
  store: Store,
  tenantId: string,
  source: ImportVersionBody['source'],
): Promise<string[]> {
  const named =
    source.type === 'archive'
      ? [{ publicId: source.file, pointer: '/source/file' }]
      : source.files.map((publicId, i) => ({ publicId, pointer: `/source/files/${i}` }));
  const asked = named.map((file) => ({ ...file, id: fromPublicId('file', file.publicId) }));
  const records = await store.files.findMany(
    tenantId,
    asked.flatMap(({ id }) => id ?? []),
  );
  const byId = new Map(records.map((record) => [record.id, record]));
  const missing = asked.filter(({ id }) => id === null || !byId.has(id));
  if (missing.length > 0) {
    throw new HeddleError('not-found', 'There is no such file.', {
      errors: missing.map(({ pointer }) => ({ pointer, code: 'not-found', message: 'no such file' })),
    });
  }
  const ids = asked.map(({ id }) => id!);
  const errors: FieldError[] = [];
  const names = new Set<string>();
  for (const [i, { pointer }] of asked.entries()) {
    const { filename, purpose } = byId.get(ids[i]!)!;
    const refuse = (message: string) => errors.push({ pointer, code: 'value', message });
    if (purpose !== 'model') refuse('was uploaded for another purpose');
    if (source.type === 'files' && !FILE_NAME.test(filename)) refuse('has a name no checkpoint has');
    if (names.has(filename)) refuse(`is another file named ${filename}`);
    names.add(filename);
  }
  if (errors.length > 0)
    throw new HeddleError('validation', 'Some files cannot be imported; see errors.', { errors });
  return ids;
}
