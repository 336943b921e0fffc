import { isIP } from 'node:net';
import { Duration, UnitName } from '@vsmcp/vsm';
import { z } from 'zod';

const Acquire = z.strictObject({
  from: z
    .array(z.string())
    .default([])
    .meta({
      description: "Globs over the registry's names; nothing else is even fetched. Empty: nothing is acquired.",
      examples: [['io.github.*/*']],
    }),
  deny: z
    .array(z.string())
    .default([])
    .meta({
      description: 'Globs over names of servers and packages that are never acquired; it goes before from.',
      examples: [['*/shell*']],
    }),
  allow: z.enum(['contained', 'nothing']).default('nothing').meta({
    description:
      'What policy allows by itself: contained (no network, no programs, writes only its own folder), or nothing.',
  }),
  ask: z.enum(['otherwise', 'never']).default('never').meta({
    description: 'Whether a person is asked about what policy does not allow by itself: otherwise, or never.',
  }),
  wait: Duration.default(600_000).meta({
    description: 'Time that a person has to answer, as a duration; silence means no. Default 10 min.',
    examples: ['10m'],
  }),
  confinement: z
    .enum(['bubblewrap', 'namespace', 'permission'])
    .default('namespace')
    .meta({ description: 'The weakest confinement that still counts as contained.' }),
  ownership: z.enum(['required', 'ask', 'ignore']).default('ask').meta({
    description:
      'A package that does not name its server in mcpName: refused, asked about, or let be. One that names another server is refused but for ignore.',
  }),
});

/** `10.0.0.0/8`, `fd00::/8`, an address, or a host's name. */
const Place = z.string().refine(isPlace, 'a range such as 10.0.0.0/8, an address, or the name of a host');

function isPlace(text: string): boolean {
  const [, address = '', length] = /^(.*?)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const version = isIP(address);
  if (length !== undefined) return version !== 0 && Number(length) <= (version === 4 ? 32 : 128);
  return version !== 0 || /^[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?$/i.test(text);
}

const Rule = z.strictObject({
  name: UnitName.meta({
    description: 'Name of the rule, of a-z 0-9 _ -, by which refusals cite it. Required.',
    examples: ['no-strangers-code'],
  }),
  because: z
    .string()
    .min(1)
    .meta({
      description: 'The reason, for people. Required.',
      examples: ['A file that somebody dropped must never be run.'],
    }),
  cedar: z
    .string()
    .min(1)
    .meta({
      description: 'Scope and condition of a Cedar forbid over principal, action and resource. Required.',
      examples: ['action == Action::"acquire" && resource.arguments.containsAny(["code"])'],
    }),
});

/** Rules that System 5 holds everything to. */
export const Policy = z.strictObject({
  acquire: Acquire.prefault({}).meta({
    description: 'Which servers may be acquired, and who decides it.',
    examples: [{ from: ['io.github.*/*'], allow: 'contained', ask: 'otherwise' }],
  }),
  forbid: z
    .array(Rule)
    .default([])
    .meta({
      description: 'Rules that nothing and nobody passes.',
      examples: [[{ name: 'no-code', because: 'Never run it.', cedar: 'action == Action::"acquire"' }]],
    }),
  priority: z
    .record(UnitName, z.number().positive())
    .default({})
    .meta({
      description: "Factors on the units' weights in System 3's bargain, by unit: above 1 it matters more.",
      examples: [{ billing: 3 }],
    }),
  private: z
    .array(Place)
    .default([])
    .meta({
      description:
        'Ranges, addresses and hosts inside your network where a server with a url, and hosts of servers, may be; else only public addresses are dialled.',
      examples: [['10.0.0.0/8', 'mcp.internal']],
    }),
  first: z
    .array(UnitName)
    .default([])
    .meta({
      description:
        'Units by whose purpose comes first where they undo each other; nobody yields to one that is not listed.',
      examples: [['pinboard', 'tidy']],
    }),
});
