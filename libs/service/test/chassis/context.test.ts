import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DONE } from '@vsmcp/nervous-system';
import { Heartbeat, Load, VsmError } from '@vsmcp/vsm';
import { openFleet } from '../../../../test/support/fleet.js';
import { on, type Service } from '../../src/index.js';

const load = {
  instance: 'x',
  from: 0,
  to: 1,
  received: 1,
  duplicates: 0,
  retried: 0,
  running: 0,
  capacity: 1,
  outcomes: {},
  units: {},
  types: {},
  others: { types: 0, outcomes: {} },
  tools: {},
};

test('services say, hear, ask and answer', async () => {
  const heard: string[] = [];
  const beats = new Set<string>();
  const speaker: Service = {
    system: 's1',
    async start(context) {
      await context.answer({
        units: async () => ({ total: 0, version: 0, units: [] }),
        waiting: async () => {
          throw new VsmError('VSM_NOT_FOUND', 'nothing waits');
        },
      });
      return async () => {};
    },
  };
  const listener: Service = {
    system: 's3',
    async start(context) {
      await context.hear('s3.report', [
        on(Load, async (message, info) => {
          heard.push(`${message.source} ${message.type} ${info.key} ${message.data.received}`);
        }),
        on(Heartbeat, async ({ data }) => {
          beats.add(data.system);
          return DONE;
        }),
      ]);
      return async () => {};
    },
  };
  const fleet = await openFleet({ services: [listener, speaker], heartbeat: 50 });
  try {
    await fleet.context(speaker).say(Load, 's1.x.load', load);
    await fleet.until(() => heard.length > 0, { what: 'the load report' });
    assert.deepEqual(heard, ['/vsm/s1/s1-test1 vsm.s1.load.v1 s1.x.load 1']);
    await fleet.until(() => beats.has('s1') && beats.has('s3'), { what: 'heartbeats' });

    assert.deepEqual(await fleet.ask('units', {}), { units: [], total: 0, version: 0 });
    await assert.rejects(fleet.ask('waiting', {}), (error: VsmError) => {
      assert.equal(error.code, 'VSM_REFUSED');
      assert.equal(error.message, 'nothing waits');
      assert.ok(error.cause instanceof VsmError && error.cause.code === 'VSM_NOT_FOUND');
      return true;
    });
    await assert.rejects(fleet.ask('account', {}), /does not answer 'account', only/);
  } finally {
    await fleet.stop();
  }
});
