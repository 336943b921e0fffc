import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { Capability } from '@vsmcp/vsm';
import { until } from '../../../../test/support/until.js';
import { manualClock, openLeaderships, openLog, openState, type State } from '../../src/index.js';
import { onEveryDatabase } from '../support/databases.js';

onEveryDatabase('versioned rows', (on) => {
  const clock = manualClock(1_000_000);
  let state: State;
  before(async () => {
    state = await openState(on.database, 'vsm', clock);
  });
  const row = (server: string) =>
    Capability.parse({
      server,
      origin: 'acquired',
      version: '1.0.6',
      spec: { npm: 'time-mcp@1.0.6' },
      state: 'wanted',
    });

  test('every write is a new version; an older epoch is refused', async () => {
    const by = { system: 's3', epoch: 1 };
    assert.deepEqual(await state.capabilities.read(), { version: 0, rows: [] });
    assert.equal(await state.capabilities.write('time', row('time'), by), 1);
    assert.equal(await state.capabilities.write('calc', row('calc'), by), 2);
    assert.equal(await state.capabilities.write('time', { ...row('time'), state: 'ready' }, by), 3);
    const { version, rows } = await state.capabilities.read();
    assert.equal(version, 3);
    assert.deepEqual(
      rows.map((r) => [r.server, r.state]),
      [
        ['calc', 'wanted'],
        ['time', 'ready'],
      ],
    );

    const leaderships = openLeaderships(on.other, { holder: 'a', clock, log: openLog('silent') });
    const leading = leaderships.campaign('s3', async () => async () => {});
    await until(() => leading.leading);
    await assert.rejects(state.capabilities.write('time', row('time'), { system: 's3', epoch: 0 }), {
      code: 'VSM_EPOCH',
    });
    assert.equal((await state.capabilities.read()).version, 3);
    await leaderships.stop();
  });

  test('many are written as one version; who knows an older one learns what is new and what is gone', async () => {
    const { capabilities } = state;
    const by = { system: 's5', epoch: 1 };
    const start = (await capabilities.read()).version;
    const many = new Map(Array.from({ length: 500 }, (_, n) => [`many-${n}`, row(`many-${n}`)]));
    assert.equal(await capabilities.writeAll(many, by), start + 1);
    assert.equal(await capabilities.writeAll(new Map([['many-7', undefined]]), by), start + 2);
    const { version, rows } = await capabilities.readSince(start + 1);
    assert.deepEqual([version, [...rows]], [start + 2, [['many-7', undefined]]]);
    assert.equal((await capabilities.readSince(start)).rows.size, 500);
    assert.equal((await capabilities.read()).rows.filter(({ server }) => server.startsWith('many-')).length, 499);
    assert.equal((await capabilities.readSince(version)).rows.size, 0);
  });
});
