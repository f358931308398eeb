import type { IncomingHttpHeaders } from 'node:http';
import { HeddleError } from '@heddle/contracts';

/** Both ends included. */
export interface Range {
  start: number;
  end: number;
}

/** The strong entity tag of a file's bytes, which never change. */
export function etagOf(file: { sha256: string }): string {
  return `"${file.sha256}"`;
}

/**
 * The range that a request asks for, or undefined for all bytes: also for what is no single range, or one that the file
 * does not have, for RFC 9110 lets a server ignore `Range`; and where `If-Range` names other bytes.
 * Throws `precondition-failed` where `If-Match` does.
 */
export function rangeOf(
  headers: IncomingHttpHeaders,
  file: { sha256: string; bytes: number },
): Range | undefined {
  const etag = etagOf(file);
  const expected = headers['if-match']?.split(',').map((tag) => tag.trim());
  if (expected && !expected.includes('*') && !expected.includes(etag)) {
    throw new HeddleError('precondition-failed', `The bytes of the file are ${etag}.`);
  }
  const condition = headers['if-range'];
  if (condition !== undefined && condition !== etag) return undefined;
  const match = /^bytes=(\d{1,15})?-(\d{1,15})?$/i.exec(headers.range ?? '');
  if (!match || (match[1] === undefined && match[2] === undefined)) return undefined;
  const { bytes } = file;
  const start = match[1] === undefined ? Math.max(0, bytes - Number(match[2])) : Number(match[1]);
  const end =
    match[1] === undefined || match[2] === undefined ? bytes - 1 : Math.min(Number(match[2]), bytes - 1);
  return start <= end ? { start, end } : undefined;
}
