import { normalize } from 'node:path';
import { RemoteSpec, ServerSpec, type Spec, VsmError } from '@vsmcp/vsm';
import { type Problem, shown } from './problems.js';
import type { FleetConfig } from './schema.js';

type Server = FleetConfig['servers'][string];

/**
 * A server of vsmcp.yaml as it is started or reached.
 * @throws VSM_CONFIG naming the server and what is wrong with it
 */
export function specOfServer(name: string, server: Server): Spec {
  const [problem] = problemsOfServer(name, server);
  if (problem) throw new VsmError('VSM_CONFIG', `${problem.path.join('.')}: ${problem.message}`);
  const { npm, url, headers, args, env, parallel, rate: _, open: __, ...grants } = server;
  return url === undefined
    ? ServerSpec.parse({ npm, args, env, parallel, grants })
    : RemoteSpec.parse({ url, headers, parallel });
}

export function unusableServers({ servers }: Pick<FleetConfig, 'servers'>): Problem[] {
  return Object.entries(servers).flatMap(([name, server]) => problemsOfServer(name, server));
}

function problemsOfServer(name: string, server: Server): Problem[] {
  const { npm, url } = server;
  const path = ['servers', name];
  if (npm !== undefined && url !== undefined) {
    return [{ path: [...path, 'url'], message: 'got url and npm, expected one of them' }];
  }
  if (url !== undefined) return remoteProblems(path, url, server);
  if (npm === undefined) {
    const message = 'got neither npm nor url, expected npm: package@exact.version or url: https://…';
    return [{ path, message }];
  }
  const whole = server.writes.flatMap((folder, i): Problem[] => {
    if (!/^(\/|(\.\.?\/)*\.\.?\/?)$/.test(normalize(folder))) return [];
    const message = `got '${folder}', expected a folder below that of vsmcp.yaml, such as desk: a server may write there, and must not in the fleet's own`;
    return [{ path: [...path, 'writes', ...(server.writes.length > 1 ? [i] : [])], message }];
  });
  const local: Problem[] = Object.keys(server.headers).map((header) => ({
    path: [...path, 'headers', header],
    message: 'got a header, expected none: only a server with a url has headers',
  }));
  if (server.network && server.hosts.length > 0) {
    const message =
      'got hosts and network: true, expected one of them: network is all hosts, and this machine beside them';
    local.push({ path: [...path, 'hosts'], message });
  }
  local.push(...whole);
  if (ServerSpec.shape.npm.safeParse(npm).success) return local;
  const message = `got ${shown(npm)}, expected package@exact.version, such as time-mcp@1.0.6`;
  return [{ path: [...path, 'npm'], message }, ...local];
}

/** Headers that the protocol itself sets. */
const OWN =
  /^(host|connection|upgrade|content-.*|transfer-encoding|te|trailer|expect|keep-alive|accept|mcp-.*|last-event-id|sec-websocket-.*|proxy-.*)$/i;
/** Headers whose value opens doors. */
const SECRET = /^(authorization|cookie)$|token|secret|password|api-?key/i;

function remoteProblems(path: string[], url: string, server: Server): Problem[] {
  const problems: Problem[] = [];
  const checked = RemoteSpec.shape.url.safeParse(url);
  if (!checked.success) {
    const expected = checked.error.issues[0]?.message ?? 'an address';
    problems.push({ path: [...path, 'url'], message: `got ${shown(url)}, expected ${expected}` });
  }
  const { args, env, reads, writes, runs, hosts, network } = server;
  const here = { args, env: Object.keys(env), reads, writes, runs, hosts, network: network ? [true] : [] };
  for (const [key, given] of Object.entries(here)) {
    if (given.length === 0) continue;
    const message = 'got a value, expected none: a server with a url runs elsewhere, nothing here is given to it';
    problems.push({ path: [...path, key], message });
  }
  for (const [header, value] of Object.entries(server.headers)) {
    const message = headerProblem(header, value, url);
    if (message !== undefined) problems.push({ path: [...path, 'headers', header], message });
  }
  return problems;
}

function headerProblem(header: string, value: Server['headers'][string], url: string): string | undefined {
  if (url.startsWith('tcp:')) return 'got a header, expected none: tcp has no headers';
  if (!/^[!#$%&'*+.^_`|~\w-]+$/.test(header)) return `got '${header}' as a name, expected the name of a header`;
  if (OWN.test(header)) return 'got a header that MCP sets itself, expected another';
  if (typeof value !== 'string') return undefined;
  if (SECRET.test(header)) return `got its value, expected { from: ENV_NAME }: secrets stand in no file`;
  return /^[\t\x20-\x7e]*$/.test(value) ? undefined : 'got characters that no header may have';
}
