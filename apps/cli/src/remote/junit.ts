/** One check of a run, as JUnit's readers show it. */
export interface TestCase {
  name: string;
  seconds?: number;
  /** Why it does not hold. */
  failure?: string;
  /** Why it could not be told. */
  error?: string;
  /** Why it was not looked at. */
  skipped?: string;
}

/** Checks that belong together. */
export interface TestSuite {
  name: string;
  /** ISO 8601. */
  timestamp: string;
  properties: Record<string, string>;
  cases: TestCase[];
}

/** Outcomes of a case, as elements. */
const OUTCOMES = ['failure', 'error', 'skipped'] as const;

/** The XML that the CI servers read as JUnit's. */
export function junitXml({ name, timestamp, properties, cases }: TestSuite): string {
  const counts = {
    tests: cases.length,
    failures: countOf(cases, 'failure'),
    errors: countOf(cases, 'error'),
    skipped: countOf(cases, 'skipped'),
    time: seconds(cases.reduce((sum, one) => sum + (one.seconds ?? 0), 0)),
  };
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes({ name: 'heddle', ...counts })}>`,
    `  <testsuite${attributes({ name, timestamp, ...counts })}>`,
    ...propertyLines(properties),
    ...cases.flatMap((one) => caseLines(name, one)),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function propertyLines(properties: Record<string, string>): string[] {
  const lines = Object.entries(properties).map(
    ([name, value]) => `      <property${attributes({ name, value })}/>`,
  );
  return lines.length === 0 ? [] : ['    <properties>', ...lines, '    </properties>'];
}

function caseLines(suite: string, one: TestCase): string[] {
  const head = `    <testcase${attributes({ classname: suite, name: one.name, time: seconds(one.seconds ?? 0) })}`;
  const outcomes = OUTCOMES.filter((outcome) => one[outcome] !== undefined).map(
    (outcome) => `      <${outcome}${attributes({ message: one[outcome]! })}/>`,
  );
  return outcomes.length === 0 ? [`${head}/>`] : [`${head}>`, ...outcomes, '    </testcase>'];
}

function countOf(cases: TestCase[], outcome: (typeof OUTCOMES)[number]): number {
  return cases.filter((one) => one[outcome] !== undefined).length;
}

function seconds(value: number): string {
  return value.toFixed(3);
}

function attributes(values: Record<string, string | number>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${escaped(String(value))}"`)
    .join('');
}

/**
 * A text as the value of an attribute: XML 1.0 has no place at all for most control characters and lone surrogates, and others stand as
 * numbers, so that they do nothing to a terminal that shows the file.
 */
function escaped(text: string): string {
  return (
    text
      .toWellFormed()
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be in it.
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
      .replace(
        /[&<>"'\t\n\r\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g,
        (character) => `&#${character.charCodeAt(0)};`,
      )
  );
}
