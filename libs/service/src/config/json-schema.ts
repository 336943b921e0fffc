import { z } from 'zod';
import { FleetConfig } from './schema.js';

/** The JSON Schema of vsmcp.yaml, for editors. */
export function configJsonSchema(): object {
  const schema = z.toJSONSchema(FleetConfig, { io: 'input', target: 'draft-7' });
  return {
    ...schema,
    title: 'vsmcp.yaml',
    description: 'A viable system: what it answers, with what, and under which policy',
  };
}

/** The text of `vsmcp.schema.json`. */
export function configJsonSchemaText(): string {
  return `${JSON.stringify(configJsonSchema(), undefined, 2)}\n`;
}
