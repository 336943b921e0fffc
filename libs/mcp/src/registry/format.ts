import { Grants } from '@vsmcp/vsm';
import { z } from 'zod';

/**
 * The official registry format `/v0.1`: https://github.com/modelcontextprotocol/registry, docs/reference/api. Unknown
 * fields are let be.
 */
export const OFFICIAL = 'io.modelcontextprotocol.registry/official';
export const PUBLISHER = 'io.modelcontextprotocol.registry/publisher-provided';
/** Under `PUBLISHER`: what the server needs beyond its own folder. Saying so only makes policy stricter. */
export const NEEDS = 'vsmcp/needs';

const Input = z.looseObject({
  value: z.string().optional(),
  default: z.string().optional(),
  isRequired: z.boolean().optional(),
  format: z.string().optional(),
});
const WithVariables = Input.extend({ variables: z.record(z.string(), Input).optional() });
export type WithVariables = z.infer<typeof WithVariables>;

export const Argument = z.discriminatedUnion('type', [
  WithVariables.extend({ type: z.literal('positional'), valueHint: z.string().optional() }),
  WithVariables.extend({ type: z.literal('named'), name: z.string() }),
]);
export type Argument = z.infer<typeof Argument>;

export const Variable = WithVariables.extend({ name: z.string() });

export const Package = z.looseObject({
  registryType: z.string(),
  registryBaseUrl: z.string().optional(),
  identifier: z.string(),
  version: z.string().optional(),
  transport: z.looseObject({ type: z.string() }),
  runtimeArguments: z.array(Argument).default([]),
  packageArguments: z.array(Argument).default([]),
  environmentVariables: z.array(Variable).default([]),
});
export type Package = z.infer<typeof Package>;

export const Entry = z.looseObject({
  server: z.looseObject({
    name: z
      .string()
      .regex(/^[a-zA-Z0-9.-]+\/[a-zA-Z0-9._-]+$/, 'namespace/name')
      .max(200),
    title: z.string().optional(),
    description: z.string(),
    version: z.string().max(255),
    packages: z.array(Package).default([]),
    _meta: z.looseObject({ [PUBLISHER]: z.looseObject({ [NEEDS]: Grants.optional() }).optional() }).optional(),
  }),
  _meta: z
    .looseObject({
      [OFFICIAL]: z
        .looseObject({
          status: z.string().optional(),
          isLatest: z.boolean().optional(),
          publishedAt: z.string().optional(),
        })
        .optional(),
    })
    .optional(),
});
export type Entry = z.infer<typeof Entry>;

/** A page, or a whole file. Entries are checked one by one, so that a bad one spoils only itself. */
export const Page = z.looseObject({
  servers: z.array(z.unknown()),
  metadata: z.looseObject({ nextCursor: z.string().nullish() }).optional(),
});
export type Page = z.infer<typeof Page>;
