import { createServer } from 'node:net';
import { reasonOf } from '@vsmcp/vsm';
import { broken, type Finding, none, ok } from './finding.js';
import { type FleetSeen, lookAtFleet } from './fleet-seen.js';
import { listenerOn } from './listener.js';
import type { Situation } from './situation.js';

/** ms */
const PATIENCE = 3000;

/** The ports of the gateway and of the metrics: free, or this fleet's own. */
export async function lookAtPorts({ settings, config, url, fleet }: Situation): Promise<Finding[]> {
  if ('wrong' in settings) return [none('not looked at: the environment is wrong')];
  const { http, metrics } = settings;
  // to try a port is to listen there for a moment: who looks for the fleet must not find that
  await fleet();
  const name = 'wrong' in config ? undefined : config.name;
  return Promise.all([
    port('gateway', http, 'VSMCP_MCP_PORT', async (at) =>
      gatewayOf(at === url ? await fleet() : await lookAtFleet(at), name),
    ),
    port('metrics', metrics, 'VSMCP_METRICS_PORT', healthAt),
  ]);
}

export interface Address {
  host: string;
  port: number;
}

/**
 * One port: free, this fleet's own, or taken, with the mend.
 * @param variable that moves it
 * @param ours what of this fleet answers there, if it is its own
 */
export async function port(
  what: string,
  { host, port: number }: Address,
  variable: string,
  ours: (url: string) => Promise<string | undefined>,
): Promise<Finding> {
  const place = `${what} port ${number}`;
  const trouble = await listenError(host, number);
  if (trouble === undefined) return ok(`${place} is free`);
  if (trouble === 'EADDRNOTAVAIL') {
    return broken(
      `${what}: this machine has no address ${host}`,
      `set ${variable.replace('MCP_PORT', 'HTTP_HOST').replace('_PORT', '_HOST')} to one it has`,
    );
  }
  if (trouble === 'EACCES') return broken(`${place} is not for this user`, `set ${variable} to 1024 or more`);
  if (trouble !== 'EADDRINUSE') return broken(`${place}: ${trouble}`, `set ${variable} to another port`);
  const local = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  const mine = await ours(`http://${local.includes(':') ? `[${local}]` : local}:${number}`);
  if (mine !== undefined) return ok(`${place} is in use by ${mine}`);
  const [holder, free] = await Promise.all([listenerOn(number), freeAfter(host, number)]);
  const stop = holder === undefined ? 'stop what listens there' : `stop process ${holder}`;
  const other = free === undefined ? `set ${variable} to a free port` : `set ${variable}=${free}`;
  return broken(
    `${place} is taken by ${holder === undefined ? 'something else' : `process ${holder}`}`,
    `${stop}, or ${other}`,
  );
}

/** @param name this fleet's, where it is known */
function gatewayOf(seen: FleetSeen, name: string | undefined): string | undefined {
  if (seen.is !== 'there' || (name !== undefined && seen.status.name !== name)) return undefined;
  return `the fleet ${seen.status.name}`;
}

async function healthAt(url: string): Promise<string | undefined> {
  try {
    const response = await fetch(`${url}/ready`, { signal: AbortSignal.timeout(PATIENCE) });
    const body: unknown = await response.json();
    return typeof body === 'object' && body !== null && 'services' in body ? 'a fleet' : undefined;
  } catch {
    return undefined; // it is something else, or it does not answer: then it is not ours
  }
}

async function freeAfter(host: string, taken: number): Promise<number | undefined> {
  for (let number = taken + 1; number < Math.min(taken + 50, 65_536); number++) {
    if ((await listenError(host, number)) === undefined) return number;
  }
  return undefined;
}

/** Tries to listen; the error's code when that fails. */
function listenError(host: string, number: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) => resolve('code' in error ? String(error.code) : reasonOf(error)));
    server.listen(number, host, () => server.close(() => resolve(undefined)));
  });
}
