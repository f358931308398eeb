/**
 * What terminals act on, nobody sees, or turns the direction of what follows: control characters, ends of lines and paragraphs,
 * marks of direction, and two that XML has no place for.
 */
const UNSEEN = /[\p{Cc}\p{Bidi_Control}\u2028\u2029\ufeff\ufffe\uffff]/gu;
const ENDS_OF_LINES = /[\t\n\v\f\r\u0085\u2028\u2029]+/g;
/** What is markup in GitHub's Markdown: a `_` inside a word is not, a `:` begins an address only before `//`. */
const MARKUP = /[\\|<>&*`[\]~$]|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])|:(?=\/\/)/gu;

/** A text of whatever origin on one line of a terminal or a file for people: `\u001b` for what would move a cursor. */
export function oneLine(text: string): string {
  return seen(text.replace(ENDS_OF_LINES, ' '));
}

/** The same on as many lines as it has. */
export function plainLines(text: string): string {
  return text.split('\n').map(seen).join('\n');
}

/** The same in Markdown, where none of it is markup, and no cell of a table ends early. */
export function markdownText(text: string): string {
  return oneLine(text).replace(MARKUP, (character) => `&#${character.charCodeAt(0)};`);
}

/** A value as JSON in which nothing moves a cursor either. */
export function shownJson(value: unknown, indent?: number): string {
  // Strings alone can hold any of them, line feeds of the indentation aside.
  return JSON.stringify(value, null, indent).replace(UNSEEN, (found) =>
    found === '\n' ? found : code(found),
  );
}

function seen(text: string): string {
  return text.toWellFormed().replace(UNSEEN, code);
}

function code(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
