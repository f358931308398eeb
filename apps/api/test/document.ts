import type { ApiKeyScope } from '@heddle/contracts';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

type Json = Record<string, unknown>;
interface DocumentedAnswer {
  content?: Record<string, { schema?: Json }>;
  headers?: Record<string, { required?: boolean }>;
}
export interface DocumentedOperation {
  'x-scopes'?: ApiKeyScope[];
  operationId: string;
  tags: string[];
  security: unknown[];
  parameters?: { name: string; in: string; schema: Json }[];
  requestBody?: {
    required: boolean;
    content: Record<string, { schema: Json; examples?: Record<string, { value: unknown }> }>;
  };
  responses: Record<string, DocumentedAnswer>;
}
export interface OpenApi {
  openapi: string;
  paths: Record<string, Record<string, DocumentedOperation>>;
  components: { schemas: Record<string, Json>; securitySchemes: Record<string, Json> };
}

/** Routes whose answers are no part of the contract: other methods, and paths that do not exist. */
const ANYWHERE = [404, 405];

/** The document of a running api, and what of its answers does not fit it. */
export class ApiDocument {
  private readonly ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
  /** By schema of the document: to compile one takes longer than to answer. */
  private readonly validators = new Map<Json, ValidateFunction>();

  constructor(readonly openApi: OpenApi) {
    this.ajv.addSchema({ $id: 'api', components: closed(openApi.components) });
  }

  static async of(url: string): Promise<ApiDocument> {
    const response = await fetch(`${url}/openapi.json`);
    if (!response.ok) throw new Error(`GET /openapi.json: ${response.status} ${await response.text()}`);
    return new ApiDocument((await response.json()) as OpenApi);
  }

  /** Whether a value fits a schema of the document; what does not. */
  faults(schema: Json, value: unknown): string[] {
    const validate = this.validators.get(schema) ?? this.validatorOf(schema);
    return validate(value) ? [] : (validate.errors ?? []).map((e) => `${e.instancePath} ${e.message}`);
  }

  private validatorOf(schema: Json): ValidateFunction {
    const referring = JSON.parse(
      JSON.stringify(schema).replaceAll('"#/components', '"api#/components'),
    ) as Json;
    const validate = this.ajv.compile(closed(referring) as Json);
    this.validators.set(schema, validate);
    return validate;
  }

  /** Throws where an answer is one that the document does not tell of. */
  check(
    method: string,
    path: string,
    { status, headers, text }: { status: number; headers: Headers; text: string },
  ) {
    const operation = this.find(method === 'HEAD' ? 'GET' : method, path);
    const documented = operation?.responses[status] ?? operation?.responses.default;
    const name = `${method} ${path}: ${status}`;
    if (!documented) {
      if (!operation && ANYWHERE.includes(status)) return;
      throw new Error(`${name} is not documented: ${text.slice(0, 300)}`);
    }
    for (const [header, { required }] of Object.entries(documented.headers ?? {}))
      if (required && !headers.has(header)) throw new Error(`${name} has no ${header}`);
    if (method === 'HEAD' || text === '') return;
    const type = headers.get('content-type')?.split(';')[0] ?? '';
    const content = documented.content?.[type];
    if (!content) throw new Error(`${name} is documented as another type than ${type}`);
    const faults = content.schema ? this.faults(content.schema, JSON.parse(text)) : [];
    if (faults.length > 0)
      throw new Error(
        `${name} does not fit its schema: ${faults.slice(0, 10).join('; ')}\n${text.slice(0, 500)}`,
      );
  }

  private find(method: string, path: string): DocumentedOperation | undefined {
    const [plain = ''] = path.split('?');
    const template = Object.keys(this.openApi.paths).find((candidate) =>
      new RegExp(`^${candidate.replaceAll('.', '\\.').replaceAll(/\{[^}]+\}/g, '[^/]+')}$`).test(plain),
    );
    return template === undefined ? undefined : this.openApi.paths[template]![method.toLowerCase()];
  }
}

/**
 * The document leaves answers open, for members that are still to come. Here all that there are must be in it: objects
 * that name their members have no others.
 */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, closed(value)]));
  const open = inner.type === 'object' && inner.properties && !('additionalProperties' in inner);
  return open ? { ...inner, additionalProperties: false } : inner;
}
