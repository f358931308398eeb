const MAX_BYTES = 1024;
/** Of what is read: enough that 1 KiB is left where much is removed. */
const CONSIDERED_BYTES = 4 * MAX_BYTES;
/** Controls but tab and line feed, and what reverses the direction of a line: terminals and pages would obey them. */
const HARMFUL = /(?![\t\n])[\p{Cc}\p{Bidi_Control}]/gu;

/**
 * The beginning of a reply as text that every store, terminal and page can take: at most 1 KiB of UTF-8; bytes that are
 * no UTF-8 and control characters are U+FFFD, line ends `\n`, and NUL is gone.
 */
export function excerptOf(bytes: Buffer): string {
  const text = new TextDecoder()
    .decode(bytes.subarray(0, CONSIDERED_BYTES))
    .replaceAll('\u0000', '')
    .replaceAll('\r\n', '\n')
    .replace(HARMFUL, '\ufffd');
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(MAX_BYTES));
  return text.slice(0, read);
}
