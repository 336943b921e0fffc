import { Grants, HostGrant, Rate, ServerValue, Window } from '@vsmcp/vsm';
import { z } from 'zod';

const strings = z.union([z.string(), z.array(z.string())]).transform((v) => (Array.isArray(v) ? v : [v]));

/** Either `npm` (run here, confined) or `url` (reached, confined by nobody here): see servers.ts. */
export const Server = z.strictObject({
  npm: z
    .string()
    .optional()
    .meta({
      description: 'Package of npm at an exact version, run here and confined. Either npm or url is required.',
      examples: ['@modelcontextprotocol/server-memory@2026.8.31'],
    }),
  url: z
    .string()
    .optional()
    .meta({
      description: 'Address of a server that runs already: https://…, wss://… or tcp://host:port.',
      examples: ['https://mcp.example.org/mcp'],
    }),
  headers: z
    .record(z.string(), ServerValue)
    .default({})
    .meta({
      description: 'With url: HTTP headers of each request; a secret by { from: VARIABLE }.',
      examples: [{ authorization: { from: 'API_TOKEN' } }],
    }),
  args: z
    .array(ServerValue)
    .default([])
    .meta({
      description: 'Arguments of the command line; a secret by { from: VARIABLE }.',
      examples: [['desk', '--verbose']],
    }),
  env: z
    .record(z.string(), ServerValue)
    .default({})
    .meta({
      description: "Variables of the server's environment; a secret by { from: VARIABLE }.",
      examples: [{ MEMORY_FILE_PATH: 'desk/memory.jsonl' }],
    }),
  writes: strings.default([]).meta({
    description: 'Folders that it may write, beside its own: a path or a list of paths.',
    examples: ['desk', ['desk', 'out']],
  }),
  reads: strings.default([]).meta({
    description: 'Files and folders that it may read, beside its own: a path or a list of paths.',
    examples: ['/srv/books'],
  }),
  runs: strings.default([]).meta({
    description: 'Programs that it may start: a name or a list of names.',
    examples: ['git'],
  }),
  hosts: z
    .union([HostGrant, z.array(HostGrant)])
    .transform((v) => (Array.isArray(v) ? v : [v]))
    .default([])
    .meta({
      description: 'Hosts that it may reach, by ports 443 and 80 where none is said: a host or a list of hosts.',
      examples: ['api.example.org', ['*.example.org', 'example.org:8080']],
    }),
  network: Grants.shape.network.meta({
    description: "All of this machine's network, what listens on loopback included. `hosts` is less.",
  }),
  parallel: z
    .boolean()
    .default(false)
    .meta({ description: 'Its tools may be called at the same time, though they write.' }),
  rate: Rate.optional().meta({
    description: 'Calls in any such time, by all units together; System 2 deals them out. Absent: any number.',
    examples: ['60/m', '5/10s'],
  }),
  open: Window.array()
    .min(1)
    .optional()
    .meta({
      description: 'Windows in which it may be called; outside of them the events that need it wait. Absent: always.',
      examples: [[{ days: 'mon-fri', from: '08:00', to: '18:00', zone: 'Europe/Berlin' }]],
    }),
});
