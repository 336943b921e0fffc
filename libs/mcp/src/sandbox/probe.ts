import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Confinement, reasonOf } from '@vsmcp/vsm';
import { z } from 'zod';
import { type Ran, run } from '../run.js';
import type { Rung } from '../server-launcher.js';
import { COMMANDS } from './commands.js';
import { environmentOf } from './environment.js';
import { canCount } from './family.js';
import { gapsOf, reachedBy, TRIED_CALLS } from './gaps.js';
import type { Confiners, Launch } from './launch.js';
import { CALLER, LAUNCHER, PROBE, wrapped } from './launcher.js';

/** ms; a node starts in 60 ms here, on a busy machine in seconds. */
const TIMEOUT = 20_000;

const yes = z.boolean();
const FLAGS = {
  read: yes,
  loopback: yes,
  socket: yes,
  process: yes,
  own: yes,
  settings: yes,
  capabilities: yes,
  privileges: yes,
};
const Through = z.record(z.enum(TRIED_CALLS), z.boolean());
/** The deeds of a probe, as it tells them itself; its writing is looked for outside. */
const Found = z
  .object({
    ...FLAGS,
    /** The user it is above its own users, where that can be known. */
    outside: z.number().optional(),
  })
  .and(Through);

const PROMISED = ['read', 'write', 'loopback', 'socket', 'process'] as const;
/** Promises of each rung. */
const FORBIDS: Record<Confinement, readonly (keyof typeof FLAGS | 'write')[]> = {
  bubblewrap: PROMISED,
  namespace: PROMISED,
  permission: ['read', 'write'],
  none: [],
};

const NEEDS: Record<Confinement, readonly (keyof Confiners)[]> = {
  bubblewrap: ['bwrap', 'prlimit', 'sh'],
  namespace: ['unshare', 'mount', 'sh', 'setpriv', 'prlimit'],
  permission: [],
  none: [],
};

/**
 * The bound on the number of processes here: control groups at every rung, `bound` (RLIMIT_NPROC) where a server has
 * users of its own.
 */
export interface Binding {
  groups: boolean;
  bound: boolean;
}

/**
 * Finds by trying which rungs hold here: reading a secret, writing outside, reaching loopback and a socket in the file
 * system, seeing a process of ours.
 */
export async function probeRungs(confiners: Confiners, binding: Binding): Promise<Rung[]> {
  // a short path, since that of a socket is limited to 107 bytes
  const folder = await mkdtemp(join(tmpdir(), 'vsmcp-probe-'));
  const [own, root, socket] = [join(folder, 'own'), join(folder, 'root'), join(folder, 'socket')];
  for (const path of [own, root]) await mkdir(path);
  await writeFile(join(folder, 'secret'), 'secret');
  const listeners = [await listening('socket', socket), await listening('loopback')];
  const address = listeners[1]?.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const launch: Omit<Launch, 'script'> = {
    node: process.execPath,
    folder: own,
    code: LAUNCHER,
    reads: [],
    writes: [],
    runs: [],
    network: false,
    disk: 2 ** 20,
    hide: [],
    root,
    ...(confiners.filter !== undefined && { filter: confiners.filter }),
  };
  try {
    return await Promise.all(
      Confinement.options.map((rung) => {
        const other = join(folder, rung);
        const what = [CALLER, join(folder, 'secret'), other, socket, `${port}`, `${process.pid}`, born()];
        return strongest(rung, { ...launch, script: [PROBE, ...what] }, other, confiners, binding);
      }),
    );
  } finally {
    for (const listener of listeners) listener.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * When this process began, in ticks since the machine did: told apart by it from another process with its number
 * (proc(5), `stat`).
 */
function born(): string {
  if (!existsSync('/proc/self/stat')) return 'nobody tells';
  const [, after = ''] = /\) (.*)$/s.exec(readFileSync('/proc/self/stat', 'utf8')) ?? [];
  return after.split(' ')[19] ?? '';
}

/** True where bwrap cannot make a /proc of its own. Where it cannot do anything at all, its rung will say why. */
export async function refusesProc(bwrap: string): Promise<boolean> {
  const all = ['--unshare-all', '--ro-bind', '/', '/', '--proc', '/proc', '--', process.execPath, '--version'];
  return (await run(bwrap, all, { cwd: '/', env: {}, timeout: TIMEOUT })).code !== 0;
}

function listening(what: 'socket' | 'loopback', path = ''): Promise<Server> {
  const listener = createServer((socket) => socket.destroy());
  return new Promise((resolve, reject) => {
    listener.once('error', reject);
    if (what === 'socket') listener.listen(path, () => resolve(listener));
    else listener.listen(0, '127.0.0.1', () => resolve(listener));
  });
}

/** Where the fleet is root, a rung is tried with the owners of files mapped, then without. */
async function strongest(
  rung: Confinement,
  launch: Launch,
  other: string,
  confiners: Confiners,
  binding: Binding,
): Promise<Rung> {
  const { owners } = confiners;
  if (owners !== undefined && (rung === 'bubblewrap' || rung === 'namespace')) {
    const found = await probe(rung, { ...launch, owners }, other, confiners, { ...binding, bound: false });
    if (found.ok) return { ...found, owners: true };
  }
  return probe(rung, launch, other, confiners, binding);
}

async function probe(
  rung: Confinement,
  launch: Launch,
  other: string,
  confiners: Confiners,
  binding: Binding,
): Promise<Rung> {
  const no = (why: string): Rung => refused(rung, why);
  const missing = NEEDS[rung].filter((name) => confiners[name] === undefined);
  if (missing.length > 0) return no(`${missing.join(' and ')} not found on PATH: install it`);
  try {
    const { file, args } = COMMANDS[rung](launch, confiners);
    const env = environmentOf({}, { folder: launch.folder, temporary: launch.folder, runs: [] });
    const given = launch.owners === undefined ? env : wrapped(env);
    const ran = await run(file, args, { cwd: launch.folder, env: given, timeout: TIMEOUT });
    return judge(rung, ran, existsSync(other), confiners, binding);
  } catch (error) {
    return no(reasonOf(error));
  }
}

const refused = (rung: Confinement, why: string): Rung => ({ rung, reached: 'none', ok: false, why, gaps: [] });

function judge(rung: Confinement, ran: Ran, write: boolean, confiners: Confiners, { groups, bound }: Binding): Rung {
  const line = ran.stdout.trim();
  const said = Found.safeParse(line.startsWith('{') ? JSON.parse(line) : undefined);
  const no = (why: string): Rung => refused(rung, why);
  if (!said.success) return no(ran.stderr.trim().slice(-300) || 'a probe did not start');
  const found = { ...said.data, write };
  const escaped = FORBIDS[rung].filter((act) => found[act]);
  if (escaped.length > 0) return no(`a probe inside got through: ${escaped.join(', ')}`);
  if (!found.own) return no('a probe inside could not write its own folder');
  const ownUsers = rung === 'bubblewrap' || rung === 'namespace';
  const limits = confiners.prlimit !== undefined;
  // a map tells who it is in the users above, of which bwrap makes some more on its way: only under root is 0 this
  // machine's root
  const root = process.getuid?.() === 0 && (found.outside ?? 0) === 0;
  const tried = { ...found, root, bound: groups || (ownUsers && bound), counted: canCount(), limits };
  const gaps = gapsOf(rung, tried);
  const why = limits ? confiners.unfiltered : 'prlimit not found: only the JavaScript heap is limited';
  return { rung, reached: reachedBy(rung, gaps), ok: true, gaps, ...(why !== undefined && { why }) };
}
