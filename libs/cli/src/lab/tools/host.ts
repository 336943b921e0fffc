import { createHash } from 'node:crypto';
import {
  CallError,
  connectOver,
  type Installed,
  type McpLog,
  type ServerConnection,
  type ServerLauncher,
} from '@vsmcp/mcp';
import { type Clock, VsmError } from '@vsmcp/vsm';
import { draw } from '../chance.js';
import { MemoryLink } from './link.js';
import { packageOf, VERSION } from './names.js';
import type { Offer, ServerScript } from './script.js';
import { type Stage, scriptedServer } from './scripted-server.js';

/** ms of the machine's time that a call may take: the time that counts is the lab's. */
const NEVER = 2 ** 31 - 1;

export interface Scripts {
  servers: Readonly<Record<string, ServerScript>>;
  registry: readonly Offer[];
}

/**
 * The launcher that "installs and starts" MCP servers in the lab. They are scripts in this process, spoken to by the
 * real client over the real protocol; installing, starting and calling take virtual time. As there is no process,
 * nothing needs confining: policy is told the strongest rung.
 */
export function labHost({ servers, registry }: Scripts, stage: Stage, log: McpLog): ServerLauncher {
  const { clock, chance } = stage;
  const offers = new Map(registry.map((offer) => [packageOf(offer.name), offer]));
  const scripts = new Map<string, ServerScript>([
    ...Object.entries(servers).map(([name, script]) => [packageOf(name), script] as const),
    ...offers,
  ]);
  const starts = new Map<string, number>();
  const installed = new Set<string>(Object.keys(servers).map(packageOf));

  async function install(npm: string): Promise<Installed> {
    const script = scripts.get(npm);
    if (script === undefined) throw new VsmError('VSM_INSTALL', `${npm} is neither below servers nor in the registry`);
    const offer = offers.get(npm);
    const took = installed.has(npm) || offer === undefined ? 0 : draw(offer.installs, chance(`install ${npm}`));
    if (took > 0) await passing(clock, took);
    installed.add(npm);
    const digest = createHash('sha512').update(JSON.stringify(script)).digest('base64');
    return {
      package: npm.slice(0, npm.lastIndexOf('@')),
      version: VERSION,
      folder: '',
      bin: '',
      took,
      integrity: `sha512-${digest}`,
      lock: '',
      ...(offer !== undefined && { mcpName: offer.name }),
    };
  }

  return {
    installer: { install, uninstall: async () => [] },
    sandbox: {
      best: 'bubblewrap',
      reached: 'bubblewrap',
      rungs: [{ rung: 'bubblewrap', reached: 'bubblewrap', ok: true, gaps: [] }],
    },
    scratch: async (within) => ({ folder: within, remove: async () => {} }),
    async start(spec, { deadline, signal }) {
      const of = await install(spec.npm);
      const script = scripts.get(spec.npm);
      if (script === undefined) throw new VsmError('VSM_INSTALL', `${spec.npm} has no script`);
      const nth = (starts.get(spec.npm) ?? 0) + 1;
      starts.set(spec.npm, nth);
      await passing(clock, draw(script.starts, chance(`start ${spec.npm} ${nth}`)));
      const link = new MemoryLink(scriptedServer(of.package, nth, script, stage));
      const options = { name: of.package, confinement: 'bubblewrap' as const, deadline, clock, log };
      const connection = await connectOver(link, { ...options, ...(signal && { signal }) });
      return { installed: of, connection: inVirtualTime(connection, clock) };
    },
    async dial(spec) {
      throw new VsmError('VSM_MCP', `${spec.url} is outside: the lab has scripted servers only`);
    },
  };
}

const passing = (clock: Clock, ms: number): Promise<void> => new Promise((resolve) => clock.after(ms, resolve));

/** A connection whose deadlines are the lab's. */
function inVirtualTime(connection: ServerConnection, clock: Clock): ServerConnection {
  return new Proxy(connection, {
    get(target, name) {
      if (name === 'call') return call;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });

  async function call(...[tool, args, deadline, signal]: Parameters<ServerConnection['call']>) {
    const abort = new AbortController();
    const stop = () => abort.abort(signal?.reason);
    let late = false;
    const cancel = clock.after(deadline, () => {
      late = true;
      stop();
    });
    signal?.addEventListener('abort', stop);
    try {
      return await connection.call(tool, args, NEVER, abort.signal);
    } catch (error) {
      if (!late) throw error;
      const said = { sent: true, answered: false, cause: error };
      throw new CallError('VSM_TIMEOUT', `${tool}: no answer within ${deadline} ms`, said);
    } finally {
      cancel();
      signal?.removeEventListener('abort', stop);
    }
  }
}
