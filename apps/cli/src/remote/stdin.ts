import { CliError, EXIT } from './errors.js';

const LINE_FEED = 0x0a;

/** The texts of standard input, one a line; empty lines are none. Throws CliError naming a line that is not UTF-8. */
export async function linesOfStdin(
  what = 'reading texts from standard input, one a line',
): Promise<string[]> {
  if (process.stdin.isTTY) process.stderr.write(`${what}; Ctrl-D ends\n`);
  const texts: string[] = [];
  let number = 0;
  let begun: Buffer[] = [];
  const endLine = (end: Buffer) => {
    number++;
    const text = textOf(Buffer.concat([...begun, end]), number);
    begun = [];
    if (text !== '') texts.push(text);
  };
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    let from = 0;
    for (let to = chunk.indexOf(LINE_FEED); to >= 0; to = chunk.indexOf(LINE_FEED, from)) {
      endLine(chunk.subarray(from, to));
      from = to + 1;
    }
    begun.push(chunk.subarray(from));
  }
  endLine(Buffer.alloc(0));
  return texts;
}

/** The one line of standard input. Throws CliError. */
export async function secretOfStdin(): Promise<string> {
  const lines = await linesOfStdin('reading the key from standard input');
  if (lines.length !== 1) throw new CliError('standard input is not one line with the key', EXIT.usage);
  return lines[0]!;
}

function textOf(line: Buffer, number: number): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(line).replace(/\r$/, '');
  } catch {
    throw new CliError(`line ${number} of standard input is not UTF-8 text`, EXIT.usage);
  }
}
