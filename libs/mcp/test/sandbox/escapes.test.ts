import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { basename, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { bytesIn } from '../../src/sandbox/disk.js';
import { type Call, type Gap, TRIED_CALLS } from '../../src/sandbox/gaps.js';
import { CALLER, LAUNCHER } from '../../src/sandbox/launcher.js';
import { PROCESSES } from '../../src/sandbox/limits.js';
import { temporary, until } from '../support.js';
import { confined, rungs } from './confined.js';

/** Things of this machine that no server must get at. */
async function machine(t: TestContext) {
  const folder = await temporary(t);
  const listening = async (to: { port: number; host: string } | { path: string }) => {
    const listener = createServer((socket) => socket.end());
    await new Promise<void>((resolve) => listener.listen(to, resolve));
    t.after(() => listener.close());
    return listener;
  };
  const path = join(folder, 'socket');
  await listening({ path });
  const { port } = (await listening({ port: 0, host: '127.0.0.1' })).address() as { port: number };
  return { broker: { port, host: '127.0.0.1' }, socket: { path }, outside: join(folder, 'outside') };
}

type Machine = Awaited<ReturnType<typeof machine>>;
type Server = Awaited<ReturnType<typeof confined>>;

/** A server's attempt, if it got through, and doctor's name for it where a rung does not hold it. */
const ATTEMPTS: Record<string, { gap: Gap; through: (server: Server, machine: Machine) => Promise<boolean> }> = {
  'the home folder': {
    gap: 'files',
    through: async ({ attempt, home }) => (await attempt('read', { path: join(home, 'secret') })).ok,
  },
  "another server's data": {
    gap: 'files',
    async through({ attempt, dataDir }) {
      await mkdir(join(dataDir, 'work/other'), { recursive: true });
      await writeFile(join(dataDir, 'work/other/notes'), 'private');
      return (await attempt('read', { path: join(dataDir, 'work/other/notes') })).ok;
    },
  },
  'a file outside': {
    gap: 'files',
    async through({ attempt }, { outside }) {
      await attempt('write', { path: outside });
      return existsSync(outside);
    },
  },
  "the broker's port on loopback": {
    gap: 'network',
    through: async ({ attempt }, { broker }) => (await attempt('connect', { to: broker })).ok,
  },
  'a socket in the file system': {
    gap: 'sockets',
    through: async ({ attempt }, { socket }) => (await attempt('connect', { to: socket })).ok,
  },
  "the fleet's environment in /proc": {
    gap: 'processes',
    async through({ attempt }) {
      const ours = await readFile('/proc/self/cmdline', 'utf8').catch(() => 'there is no /proc');
      return (await attempt('look', { pid: process.pid })).text.endsWith(ours);
    },
  },
};

/** Calls of the kernel that a server tries to make, with arguments of which nothing comes: `syscall` of the fixture. */
const CALLS: Record<Call, readonly [name: string, ...args: number[]]> = {
  bpf: ['bpf', 0, 0, 0],
  io_uring: ['io_uring_setup', 0, 0],
  keyctl: ['keyctl', 0, -3, 0],
  ptrace: ['ptrace', 1, 0, 0, 0],
  perf: ['perf_event_open', 0, 0, -1, -1, 0],
  userfaultfd: ['userfaultfd', 1],
  mount: ['mount', 0, 0, 0, 0, 0],
  userns: ['unshare', 0x10000000],
  kexec: ['kexec_load', 0, 0, 0, 0],
  modules: ['finit_module', -1, 0, 0],
};

/** Processes that sleep for so long. */
async function sleepers(long: string): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    const said = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
    if (/^\d+$/.test(name) && said === `sleep\0${long}\0`) found.push(Number(name));
  }
  return found;
}

/** The user that a server is, outside, by its file. */
async function userOf(file: string): Promise<number | undefined> {
  for (const name of await readdir('/proc')) {
    const said = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
    const [program = '', ...args] = said.split('\0');
    if (basename(program) !== 'node' || args.at(-2) !== file || args.some((each) => each.includes('launch.mjs')))
      continue;
    return Number(/^Uid:\s+(\d+)/m.exec(await readFile(`/proc/${name}/status`, 'utf8'))?.[1]);
  }
  return undefined;
}

process.env.VSMCP_TEST_SECRET = 'secret';
const MiB = 2 ** 20;
/** 50 MiB/s, and never more than 1000 MiB. */
const FILLING = { times: 1000, each: MiB, pause: 20 };

for (const { rung, ok, why, gaps } of rungs) {
  describe(rung, { skip: !ok && (why ?? 'not here'), concurrency: true }, () => {
    it('holds an escape, or doctor names it', async (t) => {
      const around = await machine(t);
      const server = await confined(t, rung);
      for (const [what, { gap, through }] of Object.entries(ATTEMPTS))
        assert.equal(await through(server, around), gaps.includes(gap), `${what}: ${gap} of ${gaps}`);
      assert.doesNotMatch((await server.attempt('environment')).text, /VSMCP_TEST_SECRET/);
    });

    it('refuses calls that reach deep into the kernel, or doctor names them', async (t) => {
      const { attempt } = await confined(t, rung, { reads: [...LAUNCHER] });
      for (const call of TRIED_CALLS)
        await t.test(call, async () => {
          const { ok, text } = await attempt('syscall', { koffi: CALLER, folder: LAUNCHER[0], call: CALLS[call] });
          // without addons no call can be made at all
          const refused = /^-(1|13|38)$/.test(text) || (!ok && /addon|permission|access/i.test(text));
          assert.equal(!refused, gaps.includes(call), text);
        });
    });

    it('gives no rights, and no settings of the kernel, or doctor names them', async (t) => {
      const { attempt, home } = await confined(t, rung);
      const settings = await attempt('open', { path: '/proc/sys/kernel/hostname' });
      assert.equal(settings.ok, gaps.includes('settings'), settings.text);
      const { text } = await attempt('read', { path: '/proc/self/status' });
      // the permission flag does not let it look
      if (text.includes('CapEff')) {
        assert.equal(/^CapBnd:\s*0+$/m.test(text), !gaps.includes('capabilities'), text);
        assert.equal(/^NoNewPrivs:\s*1$/m.test(text), !gaps.includes('privileges'), text);
        if (rung === 'bubblewrap' || rung === 'namespace') assert.match(text, /^Seccomp:\s*2$/m);
      }
      const user = await userOf(join(home, 'code/escape.mjs'));
      assert.equal(user === 0, gaps.includes('root'), `it runs as ${user}`);
    });

    it('does not mount its code anew for writing', async (t) => {
      const { attempt, home } = await confined(t, rung, { reads: [...LAUNCHER] });
      const code = join(home, 'code');
      const remount = { koffi: CALLER, folder: LAUNCHER[0], call: ['mount', 0, code, 0, 0x1020, 0] };
      await attempt('syscall', remount);
      const written = await attempt('write', { path: join(code, 'other.mjs') });
      assert.equal(written.ok, gaps.includes('files'), written.text);
    });

    it('holds the programs that it may run, or doctor names them', async (t) => {
      const { home, attempt } = await confined(t, rung, { runs: ['cat'] });
      const { text } = await attempt('run', { program: 'cat', args: [join(home, 'secret')] });
      assert.equal(text, gaps.includes('programs') ? 'secret' : '');
    });

    it('holds a fork bomb', async (t) => {
      const { server, attempt } = await confined(t, rung, { runs: ['sleep'] });
      const gone = new Promise<string>((resolve) => server.onClose(resolve));
      const forked = attempt('fork', { times: PROCESSES + 30, hold: 30 });
      if (!gaps.includes('forks')) assert.ok(Number((await forked).text) < PROCESSES);
      else {
        await forked.catch(() => undefined);
        assert.match(await gone, /more than 256 processes/);
      }
    });

    it('ends a server that writes without end, and does not start it again', async (t) => {
      const { server, start, folder, attempt } = await confined(t, rung, {}, {}, { disk: 8 * MiB });
      const gone = new Promise<string>((resolve) => server.onClose(resolve));
      await assert.rejects(attempt('fill', FILLING), /went away|is gone/);
      assert.match(await gone, /it was ended for filling the disk: .* more than 8 MiB/);
      assert.ok((await bytesIn(folder, 1024 * MiB)) < 512 * MiB);
      await assert.rejects(start(), { code: 'VSM_SANDBOX', message: /not started: .* settings\.server_disk/ });
      for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true });
      assert.equal((await start()).alive, true);
    });

    it('ends one that deletes what it keeps open', async (t) => {
      const { server, attempt } = await confined(t, rung, {}, {}, { disk: 8 * MiB });
      const gone = new Promise<string>((resolve) => server.onClose(resolve));
      await assert.rejects(attempt('fill', { ...FILLING, deleted: true }), /went away|is gone/);
      assert.match(await gone, /it was ended for filling the disk/);
    });

    it('leaves no process behind, or doctor names it', async (t) => {
      const { server, attempt } = await confined(t, rung, { runs: ['sleep'] });
      // found by how long it sleeps, whatever its number is inside
      const long = `${100_000 + rungs.findIndex((each) => each.rung === rung)}.${process.pid}`;
      await attempt('leave', { hold: long });
      await until(async () => (await sleepers(long)).length === 1);
      await server.close();
      if (!gaps.includes('strays')) return until(async () => (await sleepers(long)).length === 0);
      const left = await sleepers(long);
      for (const pid of left) process.kill(pid, 'SIGKILL');
      assert.equal(left.length, 1);
    });

    it('has no file that is larger than all a server may have', async (t) => {
      const { home, attempt } = await confined(t, rung, { writes: ['desk'] }, {}, { disk: MiB });
      assert.match((await attempt('large', { path: join(home, 'desk/large'), bytes: 4 * MiB })).text, /EFBIG/);
    });

    // the others have no file system of their own
    if (rung !== 'bubblewrap' && rung !== 'namespace') return;
    it('bounds memory that looks like a folder', async (t) => {
      const { attempt } = await confined(t, rung, { runs: ['dd', 'stat'] });
      for (const folder of ['/', '/dev', '/tmp', '/dev/shm']) {
        const path = join(folder, 'large');
        await attempt('run', { program: 'dd', args: ['if=/dev/zero', `of=${path}`, 'bs=1M', 'count=80'] });
        const { text } = await attempt('run', { program: 'stat', args: ['-c', '%s', path] });
        if (folder === '/tmp') assert.equal(Number(text), 64 * MiB);
        else if (folder === '/dev/shm') assert.ok(Number(text) <= 64 * MiB, text);
        else assert.equal(text, '', path);
      }
    });
  });
}
