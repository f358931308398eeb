import type { PlaygroundSubmission } from './forms.js';

/** Ways to make the same request elsewhere. */
export const COPY_FORMATS = ['curl', 'TypeScript', 'Python'] as const;
export type CopyFormat = (typeof COPY_FORMATS)[number];

/** A program that makes the request; the key comes from the environment, never from this page. */
export function copyAs(format: CopyFormat, submission: PlaygroundSubmission, origin: string): string {
  switch (format) {
    case 'curl':
      return asCurl(submission, origin);
    case 'TypeScript':
      return asTypeScript(submission, origin);
    case 'Python':
      return asPython(submission, origin);
  }
}

function asCurl(submission: PlaygroundSubmission, origin: string): string {
  return [
    `curl -s ${shellQuoted(`${origin}/v1/jobs`)} \\`,
    `  -H "Authorization: Bearer $HEDDLE_API_KEY" \\`,
    `  -H 'Content-Type: application/json' -H 'Prefer: wait=30' \\`,
    `  -d ${shellQuoted(JSON.stringify(bodyOf(submission)))}`,
  ].join('\n');
}

function asTypeScript({ model, task, inputs, parameters }: PlaygroundSubmission, origin: string): string {
  const options = { task, ...(isEmpty(parameters) ? {} : { parameters }) };
  return [
    `import { HeddleClient } from '@heddle/client';`,
    '',
    `const client = new HeddleClient({ baseUrl: ${JSON.stringify(origin)}, apiKey: process.env.HEDDLE_API_KEY });`,
    `const job = await client.run(${JSON.stringify(model)}, ${indented(inputs)}, ${indented(options)});`,
    'console.log(job.results);',
  ].join('\n');
}

function asPython(submission: PlaygroundSubmission, origin: string): string {
  return [
    'import json, os, urllib.request',
    '',
    `body = ${pythonLiteral(bodyOf(submission))}`,
    'request = urllib.request.Request(',
    `    ${pythonLiteral(`${origin}/v1/jobs`)},`,
    '    data=json.dumps(body).encode(),',
    '    headers={',
    `        "Authorization": f"Bearer {os.environ['HEDDLE_API_KEY']}",`,
    '        "Content-Type": "application/json",',
    '        "Prefer": "wait=30",',
    '    },',
    ')',
    'print(json.load(urllib.request.urlopen(request))["results"])',
  ].join('\n');
}

function bodyOf({ model, task, inputs, parameters }: PlaygroundSubmission): object {
  return { model, task, inputs, ...(isEmpty(parameters) ? {} : { parameters }) };
}

function isEmpty(parameters: object): boolean {
  return Object.keys(parameters).length === 0;
}

/** In single quotes a shell reads everything as it is, but for the single quote. */
function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function indented(value: unknown): string {
  return JSON.stringify(value, null, 2);
}

/** JSON's strings and numbers are Python's too, its three words are not. */
function pythonLiteral(value: unknown): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (Array.isArray(value)) return `[${value.map(pythonLiteral).join(', ')}]`;
  if (typeof value === 'object')
    return `{${Object.entries(value)
      .map(([name, one]) => `${JSON.stringify(name)}: ${pythonLiteral(one)}`)
      .join(', ')}}`;
  return JSON.stringify(value);
}
