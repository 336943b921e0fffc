import assert from 'node:assert/strict';
import { test } from 'node:test';
import { on, replay, type Service, type ServiceContext } from '@vsmcp/service';
import { type DataOf, type JournalEntry, Shed, Stress } from '@vsmcp/vsm';
import { openFleet } from '../../../../test/support/fleet.js';
import { interventions } from '../../src/regulating/interventions.js';
import { OpenInterventions } from '../../src/regulating/open-interventions.js';
import type { Strain } from '../../src/regulating/stress.js';

const STRAINED: Strain = {
  unit: 'desk',
  wants: 60,
  shedding: 0,
  slots: 5,
  fair: 10,
  sheds: 1,
  scarce: 'operations',
  cause: 'report-1',
};

test('an intervention that one leader left open is closed by the next, once, and those who were told hear it', async (t) => {
  let s3: ServiceContext | undefined;
  const told: DataOf<typeof Stress>[] = [];
  const floors: DataOf<typeof Shed>['floors'][] = [];
  const control: Service = {
    system: 's3',
    async start(context) {
      s3 = context;
      return async () => {};
    },
  };
  const replica: Service = {
    system: 's1',
    async start(context) {
      const consumer = await context.hear({ channel: 'command', bind: ['s1.all.*'] }, [
        on(Shed, async ({ data }) => void floors.push(data.floors)),
      ]);
      return () => consumer.stop();
    },
  };
  const fleet = await openFleet({ services: [replica, control] });
  t.after(() => fleet.stop());
  await fleet.gateway.hear({ channel: 'intelligence', bind: ['s3.stress'] }, [
    on(Stress, async ({ data }) => void told.push(data)),
  ]);
  assert.ok(s3);
  const entries = async () => {
    const all: JournalEntry[] = [];
    for await (const entry of fleet.state.journal.replay('s3')) all.push(entry);
    return all;
  };

  const first = interventions(s3, 1, { hold: 0, ease: 0 });
  for (let n = 0; n < 4; n++) await first.judge([STRAINED]);
  assert.deepEqual(
    first.active.map(({ rung }) => rung),
    ['shed', 'amplify', 'tell'],
  );
  assert.deepEqual(first.view().spent, { borrow: 0, shed: 1, amplify: 1, tell: 1 });
  assert.deepEqual(
    (await entries()).map(({ type, cause }) => [type, cause]),
    [
      ['intervention.shed', 'report-1'],
      ['intervention.amplify', 'report-1'],
      ['intervention.tell', 'report-1'],
    ],
  );
  await fleet.until(() => floors.length === 4);
  assert.deepEqual(floors.at(-1), { desk: 1 });

  const open = async () => {
    const left = new OpenInterventions();
    await replay(fleet.state.journal, 's3', [left]);
    return left;
  };
  assert.equal((await open()).all.length, 3);
  await (await open()).close(s3, 2);
  assert.deepEqual((await open()).all, []);
  await fleet.until(() => told.length === 2);
  assert.deepEqual(
    told.map(({ state, unit }) => [state, unit]),
    [
      ['begins', 'desk'],
      ['ends', 'desk'],
    ],
  );
});
