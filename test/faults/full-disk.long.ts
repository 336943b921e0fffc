import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { until } from '../support/until.js';
import { startUp } from '../support/up.js';

const sh = promisify(execFile);
const EVENTS = 1000;
const CONFIG = `
name: disk
units: { a: { responses: { x.ok: noted } } }
settings: { drain: 5s }
`;

const isRoot = process.platform === 'linux' && process.getuid?.() === 0;

describe('a full disk', { skip: !isRoot && 'only root can make a small disk' }, () => {
  it('the fleet says so, keeps running, and loses nothing once there is room', { timeout: 200_000 }, async (t) => {
    const disk = await mkdtemp(join(tmpdir(), 'vsmcp-disk-'));
    await sh('mount', ['-t', 'tmpfs', '-o', 'size=160m', 'tmpfs', disk]);
    t.after(async () => {
      await sh('umount', ['-l', disk]);
      await rm(disk, { recursive: true });
    });
    const up = await startUp(t, { config: CONFIG, env: { VSMCP_DATA_DIR: join(disk, 'data') } });
    await up.post('/events', { type: 'x.ok' });
    const noted = async () => (await up.get<{ outcomes: { noted?: number } }>('/account')).outcomes.noted ?? 0;
    await until(async () => (await noted()) === 1, { what: 'the first is noted' });

    const { bavail, bsize } = await statfs(disk);
    await writeFile(join(disk, 'filling'), Buffer.alloc(bavail * bsize));
    for (let n = 0; n < EVENTS; n++) await up.post('/events', { type: 'x.ok', id: `${n}`.padStart(500, '-') });
    await until(
      async () => {
        const status = await up.get<{ systems: { 1: { instances: { trouble: Record<string, string> }[] } } }>(
          '/status',
        );
        return status.systems[1].instances[0]?.trouble.ledger?.includes('No space left on device');
      },
      { timeout: 60_000, what: 'the status says that events cannot be written down' },
    );
    assert.match(up.output(), /the log .*fleet\.log cannot be written: ENOSPC/);

    await rm(join(disk, 'filling'));
    await until(async () => (await noted()) === EVENTS + 1, { timeout: 60_000, what: 'all are noted' });
    const { systems } = await until(
      async () => {
        const status = await up.get<{ systems: { 1: { instances: { ready: boolean }[] } } }>('/status');
        return status.systems[1].instances[0]?.ready && status;
      },
      { timeout: 30_000, what: 'System 1 is ready again' },
    );
    assert.equal(systems[1].instances.length, 1);
    assert.equal(await up.stop(), 0);
  });
});
