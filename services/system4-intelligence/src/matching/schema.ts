import { type Pattern, patternOf } from '@vsmcp/expressions';
import { z } from 'zod';

/** The part of JSON Schema that is understood in a tool's arguments. All of it comes from strangers. */
const Property = z.looseObject({
  type: z.union([z.string(), z.array(z.string())]).optional(),
  description: z.string().optional(),
  title: z.string().optional(),
  format: z.string().optional(),
  enum: z.array(z.unknown()).optional(),
  const: z.unknown().optional(),
  default: z.unknown().optional(),
  minLength: z.number().optional(),
  maxLength: z.number().optional(),
  pattern: z.string().optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  items: z.looseObject({ type: z.unknown().optional(), minLength: z.number().optional() }).optional(),
  anyOf: z.array(z.looseObject({ type: z.unknown().optional() })).optional(),
});
type Property = z.infer<typeof Property>;
const Input = z.looseObject({
  properties: z.record(z.string(), z.unknown()).optional(),
  required: z.array(z.string()).optional(),
});

export interface Parameter extends Property {
  name: string;
  required: boolean;
  /** JSON types it takes. */
  types: readonly string[];
  /** All that is said about it. */
  words: string;
}

const MOST = 60;

/**
 * A tool's parameters; those that are not understood are left out, and `undefined` is the answer when a required one
 * is.
 */
export function parametersOf(inputSchema: unknown): Parameter[] | undefined {
  const input = Input.safeParse(inputSchema);
  if (!input.success) return undefined;
  const required = new Set(input.data.required ?? []);
  const properties = Object.entries(input.data.properties ?? {});
  if ([...required].some((name) => !Object.hasOwn(input.data.properties ?? {}, name))) return undefined;
  const parameters: Parameter[] = [];
  for (const [name, declared] of [...properties].sort(
    ([a], [b]) => Number(required.has(b)) - Number(required.has(a)),
  )) {
    const parsed = Property.safeParse(declared);
    if (!parsed.success) {
      if (required.has(name)) return undefined;
    } else if (parameters.length < MOST) parameters.push(parameter(name, required.has(name), parsed.data));
    else if (required.has(name)) return undefined;
  }
  return parameters;
}

function parameter(name: string, required: boolean, property: Property): Parameter {
  const declared = property.type === undefined ? (property.anyOf ?? []).map((one) => one.type) : [property.type];
  const types = declared.flat().filter((type) => typeof type === 'string');
  return {
    ...property,
    name,
    required,
    types: types.length > 0 ? types : property.enum === undefined ? ['string', 'number', 'boolean'] : ['string'],
    words: `${property.title ?? ''} ${property.description ?? ''}`,
  };
}

/** True when a string keeps to the parameter's own limits. A pattern that is too long or no pattern is passed over. */
export function keepsLimits(value: string, parameter: Parameter): boolean {
  if (parameter.minLength !== undefined && value.length < parameter.minLength) return false;
  if (parameter.maxLength !== undefined && value.length > parameter.maxLength) return false;
  if (parameter.enum !== undefined && !parameter.enum.includes(value)) return false;
  const pattern = parameter.pattern === undefined ? undefined : compiled(parameter.pattern);
  return pattern === undefined || value.length > 4096 || pattern.test(value);
}

/**
 * A stranger's pattern as RE2 reads it, in time linear in the text; none where it is too long, or uses what RE2 has
 * not.
 */
function compiled(source: string): Pattern | undefined {
  if (source.length > 200) return undefined;
  try {
    return patternOf(source);
  } catch {
    return undefined;
  }
}
