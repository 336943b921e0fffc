import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Algedonic, type CloudEvent, type DataOf, Outcome } from '@vsmcp/vsm';
import { type Fleet, openFleet } from '../../../test/support/fleet.js';
import { reliever } from '../src/control/release.js';
import { Answers } from '../src/settling/answers.js';
import { Settling } from '../src/settling/settling.js';
import { Tally } from '../src/settling/tally.js';
import { fate, listen, voice } from './support/replica.js';

const s1 = voice('s1');
const felt: DataOf<typeof Algedonic>[] = [];
let fleet: Fleet;
let settling: Settling;
before(async () => {
  fleet = await openFleet({ services: [s1] });
  await listen(fleet.gateway, Algedonic, 'algedonic', '#', (signal) => felt.push(signal));
  const context = s1.context();
  settling = new Settling(context, new Tally(), new Answers(context), new AbortController().signal);
});
after(() => fleet.stop());

/** Writes a doubt down as a replica would that then vanishes, before it could say it. */
async function doubted(id: string, unit: string, more: { unsaid?: true } = {}) {
  const event: CloudEvent = { specversion: '1.0', id, source: '/press', type: 'file.md', data: {} };
  const { source, type } = event;
  const record = Outcome.data.parse({
    event: { source, id, type },
    unit,
    outcome: 'doubt',
    reason: 'who knows',
    instance: 'gone',
  });
  const row = {
    source,
    id,
    unit,
    type,
    outcome: 'doubt' as const,
    holder: 'gone',
    record,
    because: 'who knows',
    event,
  };
  assert.ok(await fleet.state.ledger.settleNew({ ...row, ...more }));
  return { event, record };
}

test('doubt hurts, although who wrote it down vanished before it could say so', async () => {
  const { event, record } = await doubted('killed', 'till');
  await settling.repeat({ event, attempts: 0, arrived: Date.now(), unsure: false }, 'doubt', record);
  assert.equal((await fate(fleet, 'killed')).outcome, 'doubt');
  const pain = await fleet.until(() => felt.find(({ alert }) => alert === 'doubt:till'));
  assert.match(pain.what, /file\.md killed: who knows/);

  await doubted('held', 'board', { unsaid: true });
  await fleet.state.database.query(`UPDATE vsmcp_ledger SET changed = changed - 60000 WHERE id = 'held'`);
  await settling.sayUnsaid();
  assert.equal((await fate(fleet, 'held')).outcome, 'doubt');
  await fleet.until(() => felt.find(({ alert, severity }) => alert === 'doubt:board' && severity === 'pain'));
});

test('a unit with a doubt left is not said to be well, however many others there are', async () => {
  await Promise.all(Array.from({ length: 1000 }, (_, n) => doubted(`${n}`, 'many')));
  await doubted('last', 'last');
  await reliever(s1.context())(['last', 'well']);
  await fleet.until(() => felt.find(({ alert, severity }) => alert === 'doubt:well' && severity === 'pleasure'));
  assert.deepEqual(
    felt.filter(({ severity }) => severity === 'pleasure').map(({ unit }) => unit),
    ['well'],
  );
});
