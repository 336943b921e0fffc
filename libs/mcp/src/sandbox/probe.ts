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
import { gapsOf } from './gaps.js';
import type { Confiners, Launch } from './launch.js';

/** ms; a node starts in 60 ms here, on a busy machine in seconds. */
const TIMEOUT = 20_000;

/** What a probe could do, as it says itself; what it wrote is looked for outside. */
const Found = z.object({ read: z.boolean(), loopback: z.boolean(), socket: z.boolean(), process: z.boolean() });

/** Tries what a confined server must not be able to do, and prints how it went. */
const PROBE = `
const fs = require('node:fs'), net = require('node:net');
const [secret, other, socket, port, pid, born] = process.argv.slice(1);
const can = (attempt) => { try { return attempt() !== false; } catch { return false; } };
const reach = (...to) => new Promise((done) => {
  if (!can(() => { net.connect(...to, () => done(true)).on('error', () => done(false)); })) done(false);
});
const read = can(() => fs.readFileSync(secret));
const seen = can(() => fs.readFileSync('/proc/' + pid + '/stat', 'utf8').split(' ').includes(born));
can(() => fs.writeFileSync(other, ''));
Promise.all([reach(Number(port), '127.0.0.1'), reach(socket)]).then(([loopback, socket]) => {
  console.log(JSON.stringify({ read, loopback, socket, process: seen }));
  process.exit(0);
});
`;

/** What each rung promises. */
const FORBIDS: Record<Confinement, readonly (keyof z.infer<typeof Found> | 'write')[]> = {
  bubblewrap: ['read', 'write', 'loopback', 'socket', 'process'],
  namespace: ['read', 'write', 'loopback', 'socket', 'process'],
  permission: ['read', 'write'],
  none: [],
};

const NEEDS: Record<Confinement, readonly (keyof Confiners)[]> = {
  bubblewrap: ['bwrap', 'prlimit'],
  namespace: ['unshare', 'mount', 'sh', 'setpriv', 'prlimit'],
  permission: [],
  none: [],
};

/** What binds the number of processes here: control groups at every rung, `bound` (RLIMIT_NPROC) where a server has users of its own. */
export interface Binding {
  groups: boolean;
  bound: boolean;
}

/**
 * Finds by trying which rungs hold here: reading a secret, writing outside, reaching loopback and a socket in the file system,
 * seeing a process of ours.
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
    code: [],
    reads: [],
    writes: [],
    runs: [],
    network: false,
    disk: 2 ** 20,
    hide: [],
    root,
  };
  try {
    return await Promise.all(
      Confinement.options.map((rung) => {
        const other = join(folder, rung);
        const what = [join(folder, 'secret'), other, socket, `${port}`, `${process.pid}`, born()];
        return probe(rung, { ...launch, script: ['-e', PROBE, ...what] }, other, confiners, binding);
      }),
    );
  } finally {
    for (const listener of listeners) listener.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** When this process began, in ticks since the machine did: told apart by it from another process with its number (proc(5), `stat`). */
function born(): string {
  if (!existsSync('/proc/self/stat')) return 'nobody tells';
  const [, after = ''] = /\) (.*)$/s.exec(readFileSync('/proc/self/stat', 'utf8')) ?? [];
  return after.split(' ')[19] ?? '';
}

/** Whether bwrap cannot make a /proc of its own here. Where it cannot do anything at all, its rung will say why. */
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

async function probe(
  rung: Confinement,
  launch: Launch,
  other: string,
  confiners: Confiners,
  binding: Binding,
): Promise<Rung> {
  const no = (why: string): Rung => ({ rung, ok: false, why, gaps: [] });
  const missing = NEEDS[rung].filter((name) => confiners[name] === undefined);
  if (missing.length > 0) return no(`${missing.join(' and ')} not found on PATH: install it`);
  try {
    const { file, args } = COMMANDS[rung](launch, confiners);
    const env = environmentOf({}, { folder: launch.folder, temporary: launch.folder, runs: [] });
    const ran = await run(file, args, { cwd: launch.folder, env, timeout: TIMEOUT });
    return judge(rung, ran, existsSync(other), confiners, binding);
  } catch (error) {
    return no(reasonOf(error));
  }
}

function judge(rung: Confinement, ran: Ran, write: boolean, confiners: Confiners, { groups, bound }: Binding): Rung {
  const line = ran.stdout.trim();
  const said = Found.safeParse(line.startsWith('{') ? JSON.parse(line) : undefined);
  const no = (why: string): Rung => ({ rung, ok: false, why, gaps: [] });
  if (!said.success) return no(ran.stderr.trim().slice(-300) || 'a probe did not start');
  const found = { ...said.data, write };
  const escaped = FORBIDS[rung].filter((act) => found[act]);
  if (escaped.length > 0) return no(`a probe inside got through: ${escaped.join(', ')}`);
  const ownUsers = rung === 'bubblewrap' || rung === 'namespace';
  const limits = confiners.prlimit !== undefined;
  const gaps = gapsOf(rung, { ...found, bound: groups || (ownUsers && bound), counted: canCount(), limits });
  return { rung, ok: true, gaps, ...(!limits && { why: 'prlimit not found: only the JavaScript heap is limited' }) };
}
