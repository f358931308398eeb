import { describe, expect, it } from 'vitest';
import { junitXml, type TestCase } from './junit.js';

const suite = (name: string, cases: TestCase[], properties = {}) =>
  junitXml({ name, timestamp: '2026-01-02T03:04:05.000Z', properties, cases });

/** The elements of a document in their order; throws where it is not well-formed. Only what `junitXml` needs of XML. */
function elementsOf(xml: string): { tag: string; attributes: Record<string, string> }[] {
  const token = /\s*<(\/?)(\w+)((?: \w+="[^<"\t\n\r]*")*)(\/?)>/y;
  token.lastIndex = xml.indexOf('?>') + 2;
  const elements: ReturnType<typeof elementsOf> = [];
  const open: string[] = [];
  do {
    const [, closes, tag, attributes, empty] = token.exec(xml)!;
    if (closes) {
      expect(open.pop()).toBe(tag);
      continue;
    }
    if (!empty) open.push(tag!);
    const pairs = [...attributes!.matchAll(/ (\w+)="([^"]*)"/g)].map(([, name, value]) => {
      expect(value).toMatch(/^([^&]|&#\d+;)*$/);
      return [name!, value!.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)))];
    });
    elements.push({ tag: tag!, attributes: Object.fromEntries(pairs) as Record<string, string> });
  } while (open.length > 0);
  expect(xml.slice(token.lastIndex)).toBe('\n');
  return elements;
}

describe('JUnit XML', () => {
  it('has a suite with a case for each check', () => {
    const cases = [
      { name: 'run', seconds: 12.3456 },
      { name: 'f1 drop<=0.1', failure: '0.5 is worse than 0.7 by more than 0.1' },
      { name: 'mcc>=0', error: 'not measured' },
      { name: 'ece<=1', skipped: 'the run failed' },
    ];
    expect(suite('a & "b"', cases, { accuracy: '0.9' })).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="heddle" tests="4" failures="1" errors="1" skipped="1" time="12.346">
  <testsuite name="a &#38; &#34;b&#34;" timestamp="2026-01-02T03:04:05.000Z" tests="4" failures="1" errors="1" skipped="1" time="12.346">
    <properties>
      <property name="accuracy" value="0.9"/>
    </properties>
    <testcase classname="a &#38; &#34;b&#34;" name="run" time="12.346"/>
    <testcase classname="a &#38; &#34;b&#34;" name="f1 drop&#60;=0.1" time="0.000">
      <failure message="0.5 is worse than 0.7 by more than 0.1"/>
    </testcase>
    <testcase classname="a &#38; &#34;b&#34;" name="mcc&#62;=0" time="0.000">
      <error message="not measured"/>
    </testcase>
    <testcase classname="a &#38; &#34;b&#34;" name="ece&#60;=1" time="0.000">
      <skipped message="the run failed"/>
    </testcase>
  </testsuite>
</testsuites>
`);
  });

  it('is well-formed whatever texts hold, and keeps what XML can hold', () => {
    const kept = 'é 😀 \t\n\r <a href="x">&amp;</a> ]]> \'';
    const texts = `${kept}\u009b2J\u202e\u0000\u0008\u001f\u007f\ud800\ufffe\uffff`;
    const xml = suite(texts, [{ name: texts, failure: texts }], { [texts]: texts });
    expect(xml.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202e]/u);
    const [root, child] = elementsOf(xml);
    expect([root!.tag, child!.tag]).toEqual(['testsuites', 'testsuite']);
    const read = child!.attributes.name;
    expect(read).toBe(`${kept}\u009b2J\u202e\ufffd\ufffd\ufffd\u007f\ufffd\ufffd\ufffd`);
  });
});
