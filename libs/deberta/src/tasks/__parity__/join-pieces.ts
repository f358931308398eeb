/** GPT-2's letters for the bytes that are no printable characters of Latin-1. */
const BYTES = byteOfLetter();
const METASPACE = '\u2581';

/**
 * Pieces as text, as `convert_tokens_to_string` of transformers' tokenizers has it. Pieces of a SentencePiece
 * vocabulary write a blank as U+2581; the blank before the first piece is dropped. Others are read byte by byte, a
 * piece that is not written in GPT-2's letters as it stands.
 */
export function joinPieces(pieces: string[], isByteLevel: boolean): string {
  if (isByteLevel) {
    const bytes = pieces.flatMap((piece) => {
      const letters = Array.from(piece, (letter) => BYTES.get(letter));
      return letters.every((byte) => byte !== undefined) ? letters : [...Buffer.from(piece)];
    });
    return Buffer.from(bytes).toString();
  }
  return pieces.map((piece, i) => piece.replaceAll(METASPACE, i === 0 ? '' : ' ')).join('');
}

function byteOfLetter(): Map<string, number> {
  const isPrintable = (byte: number) =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
  const bytes = Array.from({ length: 256 }, (_, byte) => byte);
  const others = bytes.filter((byte) => !isPrintable(byte));
  return new Map(
    bytes.map((byte) => [String.fromCodePoint(isPrintable(byte) ? byte : 256 + others.indexOf(byte)), byte]),
  );
}
