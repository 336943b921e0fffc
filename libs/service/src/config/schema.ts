import { Agent, Duration, isKey, Unit, UnitName } from '@vsmcp/vsm';
import { z } from 'zod';
import { Surroundings } from './keys/environment.js';
import { Policy } from './keys/policy.js';
import { Server } from './keys/server.js';
import { Settings } from './keys/settings.js';

/**
 * The schema of vsmcp.yaml. Every key has its description here, with unit, default and an example: it is what editors
 * show (vsmcp.schema.json) and what the reference is made of. A key without one fails a test.
 */

export { Settings };

const Pool = z.strictObject({
  rate: z
    .number()
    .positive()
    .optional()
    .meta({
      description: 'Operations that may begin in a second, all units together. Absent: any number.',
      examples: [20],
    }),
  counted: z
    .record(UnitName, z.number().positive())
    .default({})
    .meta({
      description:
        'What else there is only so many of at the same time, by name; units say in needs what an operation takes.',
      examples: [{ licences: 5 }],
    }),
});

const Pain = z.strictObject({
  tell: z
    .array(z.string())
    .default([])
    .meta({ description: 'Owners who are told of pain first, by name.', examples: [['desk']] }),
  climb: Duration.default(30_000).meta({
    description: 'Time after which pain that nobody acknowledged climbs to System 5, as a duration. Default 30 s.',
    examples: ['30s'],
  }),
});

const Gateway = z.strictObject({
  agents: z
    .record(UnitName, Agent)
    .default({})
    .meta({
      description: 'Agents that speak MCP, by name, and what each may have done; anyone is who has no token.',
      examples: [{ anyone: { may: ['find_tool'] } }],
    }),
});

/** vsmcp.yaml */
export const FleetConfig = z.strictObject({
  name: UnitName.default('vsm').meta({
    description: 'Name of the fleet, of a-z 0-9 _ -, at most 64 long.',
    examples: ['front-desk'],
  }),
  purpose: z
    .string()
    .default('')
    .meta({
      description: 'What the fleet is for, in a sentence: people and agents read it.',
      examples: ['Answer whatever lands in desk/inbox.'],
    }),
  path: z
    .string()
    .refine(isKey, 'dot-separated words of a-z 0-9 _ -')
    .default('vsm')
    .meta({
      description: 'Prefix of all exchanges and queues: dot-separated words; a nested fleet has a longer one.',
      examples: ['vsm', 'vsm.west'],
    }),
  environment: Surroundings.prefault({}).meta({
    description: 'Where events come from beside AMQP and REST, and where outcomes go beside the exchange of outcomes.',
    examples: [{ senses: [{ folder: 'desk/inbox' }], answers: [{ folder: 'desk/outbox' }] }],
  }),
  servers: z
    .record(UnitName, Server)
    .default({})
    .meta({
      description: 'MCP servers that are known from the start, by name; the others the fleet finds.',
      examples: [{ memory: { npm: '@modelcontextprotocol/server-memory@2026.8.31', writes: 'desk' } }],
    }),
  registries: z
    .array(z.string())
    .default(['shipped'])
    .meta({
      description:
        'Registries of MCP servers: shipped, a file in the official format, or the base URL of a registry with /v0.1.',
      examples: [['shipped', 'https://registry.example.org']],
    }),
  units: z
    .record(UnitName, Unit)
    .default({})
    .meta({
      description: 'Operational units by name: the events each absorbs, and the tools that answer them.',
      examples: [{ desk: { absorbs: 'file.#', responses: { 'file.ok': 'noted' } } }],
    }),
  pool: Pool.prefault({}).meta({
    description: 'What the units share, beside the operations at the same time that the replicas can run.',
    examples: [{ rate: 20, counted: { licences: 5 } }],
  }),
  policy: Policy.prefault({}).meta({
    description: "System 5's rules: what may be acquired, what is forbidden, and what matters more.",
    examples: [{ acquire: { from: ['io.github.*/*'], allow: 'contained' } }],
  }),
  pain: Pain.prefault({}).meta({
    description: 'Who is told when something hurts, and when it climbs.',
    examples: [{ tell: ['desk'], climb: '10s' }],
  }),
  gateway: Gateway.prefault({}).meta({
    description: 'Who may have what done over MCP.',
    examples: [{ agents: { anyone: { may: ['find_tool'] } } }],
  }),
  settings: Settings.prefault({}).meta({
    description: 'Operating limits; each can be set by the variable VSMCP_<NAME> too.',
    examples: [{ variety_threshold: 0.9, drain: '10s' }],
  }),
  demo: z
    .string()
    .optional()
    .meta({
      description: 'A day to play on the environment: a file of steps. Only vsmcp up in one process reads it.',
      examples: ['desk/day.yaml'],
    }),
});
export type FleetConfig = z.infer<typeof FleetConfig>;
/** As it is written, before defaults. */
export type FleetConfigInput = z.input<typeof FleetConfig>;
