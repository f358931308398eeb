import { z } from 'zod';

export type JsonSchema = Record<string, unknown>;

/** Texts of requests hold no U+0000 (http/json-values.ts); what says more of itself says it instead. */
const NO_NUL = '^[^\\u0000]*$';

/**
 * Validators as JSON Schema of OpenAPI 3.1. Those with an `id` become components, and are referred to.
 *
 * Requests show what is taken, answers what is given; of an answer, members that are not named are left open, because
 * more may come (clients ignore what they do not know).
 */
export class Schemas {
  readonly components: Record<string, JsonSchema> = {};

  ofRequest(schema: z.ZodType): JsonSchema {
    return this.convert(schema, 'input', (json) => {
      const free = json.type === 'string' && !json.enum && !json.const && !json.pattern && !json.format;
      if (free) json.pattern = NO_NUL;
    });
  }

  /** A parameter of the query: what is made of its texts. */
  ofQuery(schema: z.ZodType): JsonSchema {
    return this.convert(schema, 'output', (json) => {
      const free = json.type === 'string' && !json.enum && !json.pattern && !json.format;
      if (free) json.pattern = NO_NUL;
    });
  }

  ofAnswer(schema: z.ZodType): JsonSchema {
    return this.convert(schema, 'output', (json) => {
      if (json.additionalProperties === false) delete json.additionalProperties;
    });
  }

  private convert(schema: z.ZodType, io: 'input' | 'output', adapt: (json: JsonSchema) => void): JsonSchema {
    // As a member, a schema with an id of its own becomes a reference too.
    const { properties, $defs } = z.toJSONSchema(z.object({ root: schema }), {
      io,
      target: 'draft-2020-12',
      override: ({ jsonSchema }) => adapt(jsonSchema as JsonSchema),
    });
    for (const [id, definition] of Object.entries($defs ?? {})) this.add(id, definition as JsonSchema);
    return referring(properties!.root as JsonSchema) as JsonSchema;
  }

  private add(id: string, definition: JsonSchema): void {
    const { id: _, $id: __, ...plain } = definition;
    const component = referring(plain) as JsonSchema;
    const known = this.components[id];
    if (known && JSON.stringify(known) !== JSON.stringify(component))
      throw new Error(`two schemas are called ${id}`);
    this.components[id] = component;
  }
}

/** With references to components in place of those to `$defs`. */
function referring(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(referring);
  if (typeof json !== 'object' || json === null) return json;
  return Object.fromEntries(
    Object.entries(json).map(([name, value]) =>
      name === '$ref' && typeof value === 'string'
        ? [name, value.replace('#/$defs/', '#/components/schemas/')]
        : [name, referring(value)],
    ),
  );
}
