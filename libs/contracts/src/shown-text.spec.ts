import { describe, expect, it } from 'vitest';
import { markdownText, oneLine, plainLines, shownJson } from './shown-text.js';

/** Clears a screen, in two ways; turns text round; ends lines. */
const HOSTILE = 'a\u001b[2J\u009b2J\u202eb\r\nc\u2028d\u0000\ufffe\ud800';

describe('texts of whatever origin', () => {
  it('move no cursor', () => {
    const shown = 'a\\u001b[2J\\u009b2J\\u202eb';
    expect(oneLine(HOSTILE)).toBe(`${shown} c d\\u0000\\ufffe\ufffd`);
    expect(plainLines(HOSTILE)).toBe(`${shown}\\u000d\nc\\u2028d\\u0000\\ufffe\ufffd`);
    expect(oneLine('Zürich  😀 – 東京')).toBe('Zürich  😀 – 東京');
  });

  it('are no Markdown', () => {
    expect(markdownText('a|b\n<img src=x> [x](y) `c` **d** _e_ ~f~ $g$ &lt; \\')).toBe(
      'a&#124;b &#60;img src=x&#62; &#91;x&#93;(y) &#96;c&#96; &#42;&#42;d&#42;&#42; &#95;e&#95; &#126;f&#126; &#36;g&#36; &#38;lt; &#92;',
    );
    expect(markdownText('macro_f1: test_set.jsonl, https://x.example')).toBe(
      'macro_f1: test_set.jsonl, https&#58;//x.example',
    );
    expect(markdownText(HOSTILE)).not.toMatch(/[\p{Cc}\u2028\u202e]/u);
  });

  it('are the same texts as JSON', () => {
    const value = { [HOSTILE]: [HOSTILE.toWellFormed(), 'ä'] };
    for (const indent of [undefined, 2]) {
      const text = shownJson(value, indent);
      expect(JSON.parse(text)).toEqual(value);
      expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u2028\u202e]/u);
    }
    expect(shownJson({ a: 'ä\n' }, 2)).toBe('{\n  "a": "ä\\n"\n}');
  });
});
