import { z } from 'zod';

/**
 * A host that a server may reach: `api.example.org` (ports 443 and 80), `*.example.org` (all names below it, not
 * itself), `example.org:8080` (that port alone), an address (`[::1]` for one of IPv6).
 */
export const HostGrant = z
  .string()
  .regex(
    /^((\*\.)?[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?|\[[0-9A-Fa-f:.]+\])(:[1-9]\d{0,4})?$/,
    'a host such as api.example.org, *.example.org or example.org:8080',
  );

/** All that a server may touch beyond its own folder. Paths are absolute or relative to the fleet's folder. */
export const Grants = z.strictObject({
  reads: z.array(z.string()).default([]),
  writes: z.array(z.string()).default([]),
  /** Programs it may start. */
  runs: z.array(z.string()).default([]),
  /** All of this machine's network, what listens on loopback included. */
  network: z.boolean().default(false),
  /** Hosts it may reach, through the fleet's proxy and no other way. */
  hosts: z.array(HostGrant).default([]),
});
export type Grants = z.infer<typeof Grants>;

/** True when it reaches anything outside this machine: all that the network does, or hosts in it. */
export const hasNetwork = ({ network, hosts }: Grants): boolean => network || hosts.length > 0;

/** No network, no programs, nothing to read or write beyond its own folder. */
export function isContained(grants: Grants): boolean {
  const { runs, reads, writes } = grants;
  return !hasNetwork(grants) && runs.length === 0 && reads.length === 0 && writes.length === 0;
}

/**
 * A literal value, or `from`: the variable of System 1's own environment that holds it, so that what is secret stays
 * out of files, rows and messages.
 */
export const ServerValue = z.union([
  z.string(),
  z.strictObject({
    from: z
      .string()
      .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'the name of an environment variable')
      .meta({
        description: "Name of the variable of System 1's environment that holds the value.",
        examples: ['API_TOKEN'],
      }),
  }),
]);
export type ServerValue = z.infer<typeof ServerValue>;

/** A server that runs from an npm package at an exact version. */
export const ServerSpec = z.strictObject({
  npm: z.string().regex(/^(@[a-z0-9._~-]+\/)?[a-z0-9._~-]+@\d+\.\d+\.\d+[\w.+-]*$/i, 'package@exact.version'),
  args: z.array(ServerValue).default([]),
  env: z.record(z.string(), ServerValue).default({}),
  grants: Grants.prefault({}),
  /** Tools of this server may be called in parallel though they write. */
  parallel: z.boolean().default(false),
});
export type ServerSpec = z.infer<typeof ServerSpec>;

/** The package of a server that runs from one: `@scope/name@1.2.3` → `@scope/name`. */
export const packageOf = (npm: string): string => npm.slice(0, npm.lastIndexOf('@'));

/** A server that runs elsewhere and is reached at an address; what it touches there nobody here can bound. */
export const RemoteSpec = z.strictObject({
  /** `http(s)://…`: streamable HTTP; `ws(s)://…`: WebSocket; `tcp://host:port`: JSON-RPC, one message a line. */
  url: z
    .string()
    .refine(isServerUrl, 'https://…, http://…, wss://…, ws://… or tcp://host:port, without a password in it'),
  headers: z.record(z.string(), ServerValue).default({}),
  parallel: z.boolean().default(false),
});
export type RemoteSpec = z.infer<typeof RemoteSpec>;

function isServerUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, port, pathname, search, username, password, hash } = new URL(text);
  if (hostname === '' || username !== '' || password !== '' || hash !== '') return false;
  if (protocol === 'tcp:') return port !== '' && ['', '/'].includes(pathname) && search === '';
  return ['http:', 'https:', 'ws:', 'wss:'].includes(protocol);
}

/** A server as the fleet has it: from a package it runs itself, or at an address. */
export const Spec = z.union([ServerSpec, RemoteSpec]);
export type Spec = z.infer<typeof Spec>;

export const isRemote = (spec: Spec): spec is RemoteSpec => 'url' in spec;

/** All that a server may touch. One that runs elsewhere has the network, and so is not contained. */
export function grantsOf(spec: Spec): Grants {
  return isRemote(spec) ? { reads: [], writes: [], runs: [], network: true, hosts: [] } : spec.grants;
}

/** Its name: `package@version`, or its address. */
export const sourceOf = (spec: Spec): string => (isRemote(spec) ? spec.url : spec.npm);

/**
 * Confinement of a server, strongest first.
 * `bubblewrap`: own mount, network and process namespaces, with limits. `namespace`: own user and network namespace,
 * Node's permission flag, limits. `permission`: Node's permission flag and limits, the network is reachable.
 * `none`: limits only.
 */
export const Confinement = z.enum(['bubblewrap', 'namespace', 'permission', 'none']);
export type Confinement = z.infer<typeof Confinement>;

/**
 * Something in the words of a server that is there to mislead: `hidden`: characters that nobody sees; `terminal`:
 * sequences that do something to a terminal; `imperative`: words that give orders to whoever reads them.
 */
export const Suspicion = z.object({
  /** `instructions`, `read_file.description`, `result of read_file`. */
  where: z.string(),
  kind: z.enum(['hidden', 'terminal', 'imperative']),
  /** The words that were found, with all that hides made visible. */
  text: z.string(),
});
export type Suspicion = z.infer<typeof Suspicion>;

/** Attempts of a server in a trial that were refused, as it was seen from outside its process. */
export const Attempts = z.object({
  /** Files and folders that could be granted (`reads`, `writes`), absolute. */
  files: z.array(z.object({ path: z.string(), write: z.boolean() })),
  /** Names, or addresses with ports. */
  hosts: z.array(z.string()),
  programs: z.array(z.string()),
  /** Keys, tokens, the fleet's data, sockets and this machine's own ports: never offered. */
  thefts: z.array(z.string()),
});
export type Attempts = z.infer<typeof Attempts>;

/** A tool as its server declares it. Nothing in it is trusted. */
export const Tool = z.looseObject({
  name: z.string(),
  title: z.string().optional(),
  description: z.string().optional(),
  inputSchema: z.record(z.string(), z.unknown()),
  outputSchema: z.record(z.string(), z.unknown()).optional(),
  annotations: z
    .looseObject({
      readOnlyHint: z.boolean().optional(),
      idempotentHint: z.boolean().optional(),
      destructiveHint: z.boolean().optional(),
    })
    .optional(),
});
export type Tool = z.infer<typeof Tool>;

function isLiteral({ args, env }: ServerSpec): boolean {
  return [...args, ...Object.values(env)].every((value) => typeof value === 'string');
}

/** A server of a registry that might close a gap. */
export const Candidate = z.object({
  /** The registry's name, reverse DNS: `io.github.owner/server`. */
  name: z.string(),
  title: z.string().optional(),
  description: z.string(),
  version: z.string(),
  registry: z.string(),
  /** Literal: what a stranger offers is given nothing of the environment. */
  spec: ServerSpec.refine(isLiteral, 'a server of a registry has literal arguments and variables'),
});
export type Candidate = z.infer<typeof Candidate>;

/** All that was approved of one version of a server. */
const Approved = z.object({
  version: z.string(),
  spec: Spec,
  integrity: z.string().optional(),
  contract: z.string().optional(),
  tools: z.array(Tool),
  suspicions: z.array(Suspicion).optional(),
  mcpName: z.string().optional(),
  confinement: Confinement.optional(),
});

/** A server that System 1 has, as its versioned row says it. */
export const Capability = z.object({
  /** Name in `server.tool`. */
  server: z.string(),
  origin: z.enum(['configured', 'acquired']),
  /** Of an acquired one: the registry's name. */
  name: z.string().optional(),
  version: z.string(),
  spec: Spec,
  /** sha512 integrity of the package, as installed. */
  integrity: z.string().optional(),
  /** Hash of the tool contracts that were approved; absent until first seen (configured servers). */
  contract: z.string().optional(),
  tools: z.array(Tool).default([]),
  /** Suspicions about its words. */
  suspicions: z.array(Suspicion).optional(),
  /** The package's `mcpName`: whose server its owner says it is. */
  mcpName: z.string().optional(),
  /** Of a suspended one: what it offered instead of what was approved. */
  offered: z.object({ contract: z.string(), tools: z.array(Tool), suspicions: z.array(Suspicion) }).optional(),
  /** The version before an upgrade, to roll back to. */
  previous: Approved.optional(),
  /** Absent until first started, and for a remote server: that is confined by nobody here. */
  confinement: Confinement.optional(),
  state: z.enum(['wanted', 'ready', 'suspended', 'failed', 'removed']),
  reason: z.string().optional(),
  /** Event type → response that came with the acquisition. */
  responses: z.record(z.string(), z.unknown()).default({}),
  /** Only these tools are offered; absent = all. */
  only: z.array(z.string()).optional(),
  /** The proposal that brought it. */
  proposal: z.string().optional(),
});
export type Capability = z.infer<typeof Capability>;
