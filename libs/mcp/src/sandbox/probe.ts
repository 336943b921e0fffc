import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Confinement, reasonOf } from '@vsmcp/vsm';
import { z } from 'zod';
import { type Ran, run } from '../run.js';
import { COMMANDS } from './commands.js';
import { environmentOf } from './environment.js';
import type { Confiners, Launch } from './launch.js';

/** ms; a node starts in 60 ms here, on a busy machine in seconds. */
const TIMEOUT = 20_000;

/** What a probe could do, as it says itself; what it wrote is looked for outside. */
const Found = z.object({ read: z.boolean(), loopback: z.boolean(), socket: z.boolean() });

/** Tries what a confined server must not be able to do, and prints how it went. */
const PROBE = `
const fs = require('node:fs'), net = require('node:net');
const [secret, other, socket, port] = process.argv.slice(1);
const can = (attempt) => { try { attempt(); return true; } catch { return false; } };
const reach = (...to) => new Promise((done) => {
  if (!can(() => net.connect(...to, () => done(true)).on('error', () => done(false)))) done(false);
});
const read = can(() => fs.readFileSync(secret));
can(() => fs.writeFileSync(other, ''));
Promise.all([reach(Number(port), '127.0.0.1'), reach(socket)]).then(([loopback, socket]) => {
  console.log(JSON.stringify({ read, loopback, socket }));
  process.exit(0);
});
`;

/** What each rung promises. */
const FORBIDS: Record<Confinement, readonly ('read' | 'write' | 'loopback' | 'socket')[]> = {
  bubblewrap: ['read', 'write', 'loopback', 'socket'],
  namespace: ['read', 'write', 'loopback', 'socket'],
  permission: ['read', 'write'],
  none: [],
};

const NEEDS: Record<Confinement, readonly (keyof Confiners)[]> = {
  bubblewrap: ['bwrap', 'prlimit'],
  namespace: ['unshare', 'mount', 'sh', 'setpriv', 'prlimit'],
  permission: [],
  none: [],
};

export interface Rung {
  rung: Confinement;
  ok: boolean;
  why?: string;
}

/** Finds by trying which rungs hold here: reading a secret, writing outside, reaching loopback and a socket in the file system. */
export async function probeRungs(root: string, confiners: Confiners): Promise<Rung[]> {
  // a short path, since that of a socket is limited to 107 bytes
  const folder = await mkdtemp(join(tmpdir(), 'vsmcp-probe-'));
  const own = join(folder, 'own');
  await mkdir(own);
  await writeFile(join(folder, 'secret'), 'secret');
  const listeners = [await listening('socket', join(folder, 'socket')), await listening('loopback')];
  const address = listeners[1]?.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const launch: Launch = {
    node: process.execPath,
    script: ['-e', PROBE, join(folder, 'secret')],
    folder: own,
    code: [],
    reads: [],
    writes: [],
    runs: [],
    network: false,
    hide: [],
    root,
  };
  try {
    return await Promise.all(
      Confinement.options.map((rung) => {
        const other = join(folder, rung);
        const script = [...launch.script, other, join(folder, 'socket'), `${port}`];
        return probe(rung, { ...launch, script }, other, confiners);
      }),
    );
  } finally {
    for (const listener of listeners) listener.close();
    await rm(folder, { recursive: true, force: true });
  }
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

async function probe(rung: Confinement, launch: Launch, other: string, confiners: Confiners): Promise<Rung> {
  const missing = NEEDS[rung].filter((name) => confiners[name] === undefined);
  if (missing.length > 0) return { rung, ok: false, why: `${missing.join(' and ')} not found on PATH: install it` };
  try {
    const { file, args } = COMMANDS[rung](launch, confiners);
    const env = environmentOf({}, { folder: launch.folder, temporary: launch.folder, runs: [] });
    const ran = await run(file, args, { cwd: launch.folder, env, timeout: TIMEOUT });
    return { rung, ...judge(rung, ran, existsSync(other), confiners) };
  } catch (error) {
    return { rung, ok: false, why: reasonOf(error) };
  }
}

function judge(rung: Confinement, ran: Ran, write: boolean, confiners: Confiners): { ok: boolean; why?: string } {
  const line = ran.stdout.trim();
  const said = Found.safeParse(line.startsWith('{') ? JSON.parse(line) : undefined);
  if (!said.success) return { ok: false, why: ran.stderr.trim().slice(-300) || 'a probe did not start' };
  const found = { ...said.data, write };
  const escaped = FORBIDS[rung].filter((act) => found[act]);
  if (escaped.length > 0) return { ok: false, why: `a probe inside got through: ${escaped.join(', ')}` };
  return { ok: true, ...(!confiners.prlimit && { why: 'prlimit not found: only the JavaScript heap is limited' }) };
}
