/**
 * Writes the types of @heddle/client from the OpenAPI document of the native API. `--check` compares instead, and ends with 1
 * where they differ; `--from <url>` takes the document of a running api, in place of the one that was built here.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import openapiTS, { astToString } from 'openapi-typescript';
import { builtDocument } from '../apps/api/dist/openapi/built-document.js';

const TARGET = new URL('../libs/client/src/generated/openapi.ts', import.meta.url);
const HEAD = '// Generated from the OpenAPI document: npm run client-types\n\n';

const { values } = parseArgs({ options: { check: { type: 'boolean' }, from: { type: 'string' } } });
const document = values.from ? await (await fetch(values.from)).json() : builtDocument();
const nodes = await openapiTS(nativeOnly(document), { defaultNonNullable: false, alphabetize: true });
const types = HEAD + astToString(nodes);

if (!values.check) await writeFile(TARGET, types);
else if ((await readFile(TARGET, 'utf8')) !== types) {
  console.error('libs/client/src/generated is not what the OpenAPI document says: npm run client-types');
  process.exitCode = 1;
}

/** The native API without what the client's own code knows: errors, headers. Dialects have clients of their own. */
function nativeOnly({ paths, components, ...rest }) {
  const native = Object.fromEntries(
    Object.entries(paths)
      .filter(([path]) => path.startsWith('/v1/'))
      .map(([path, operations]) => [
        path,
        Object.fromEntries(
          Object.entries(operations).map(([method, operation]) => [method, slim(operation)]),
        ),
      ]),
  );
  const schemas = {};
  const keep = (json) => {
    for (const [, name] of JSON.stringify(json).matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
      if (name in schemas) continue;
      schemas[name] = components.schemas[name];
      keep(schemas[name]);
    }
  };
  keep([native, { $ref: '#/components/schemas/Problem' }]);
  return { ...rest, paths: native, components: { schemas } };
}

function slim({ parameters = [], responses, ...operation }) {
  const succeeded = Object.entries(responses).filter(([status]) => status < 300);
  return {
    ...operation,
    parameters: parameters.filter((parameter) => parameter.in !== 'header'),
    responses: Object.fromEntries(
      succeeded.map(([status, { headers: _, ...response }]) => [status, response]),
    ),
  };
}
