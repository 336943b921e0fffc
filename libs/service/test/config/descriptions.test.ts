import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { FleetConfig } from '../../src/config/schema.js';

interface Key {
  path: string;
  schema: z.ZodType;
}

/** The keys of all objects in a schema, whatever they are wrapped in. */
function keysOf(schema: z.core.$ZodType, path = ''): Key[] {
  if (schema instanceof z.ZodObject) {
    const shape: Record<string, z.ZodType> = schema.shape;
    return Object.entries(shape).flatMap(([name, inner]) => {
      const own = path === '' ? name : `${path}.${name}`;
      return [{ path: own, schema: inner }, ...keysOf(inner, own)];
    });
  }
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    return keysOf(schema.def.innerType, path);
  }
  if (schema instanceof z.ZodPipe) return keysOf(schema.def.in, path);
  if (schema instanceof z.ZodArray) return keysOf(schema.element, `${path}[]`);
  if (schema instanceof z.ZodRecord) return keysOf(schema.valueType, `${path}.*`);
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((option) => keysOf(option, path));
  return [];
}

/** Values that the description itself, or the type, says in full. */
function isPlain(schema: z.core.$ZodType): boolean {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) return isPlain(schema.def.innerType);
  return schema instanceof z.ZodBoolean || schema instanceof z.ZodEnum || schema instanceof z.ZodLiteral;
}

const keys = keysOf(FleetConfig);

test('every key of vsmcp.yaml is found, however deep', () => {
  const paths = keys.map(({ path }) => path);
  for (const path of [
    'name',
    'environment.senses[].stale',
    'servers.*.hosts',
    'servers.*.headers.*.from',
    'units.*.responses.*.then[].call',
    'units.*.responses.*.claims[].of',
    'units.*.system.broker.from',
    'policy.forbid[].cedar',
    'gateway.agents.*.may',
    'settings.dedupe',
  ]) {
    assert.ok(paths.includes(path), path);
  }
});

for (const { path, schema } of new Map(keys.map((key) => [key.schema, key])).values()) {
  test(`${path} is described, and its examples fit it`, () => {
    const { description = '', examples } = schema.meta() ?? {};
    assert.match(description, /^[A-Z`].{15,}\.$/s, 'a sentence');
    if (isPlain(schema)) return;
    assert.ok(Array.isArray(examples) && examples.length > 0, 'an example');
    for (const example of examples) assert.equal(schema.safeParse(example).error, undefined, JSON.stringify(example));
  });
}
