import assert from 'node:assert/strict';
import { it } from 'node:test';
import { openMcpHost } from '@vsmcp/mcp';
import { on } from '@vsmcp/service';
import { Account, type DataOf, Intervention, Load, Stress } from '@vsmcp/vsm';
import { openSystem1 } from '../../services/system1-operations/src/index.js';
import { openSystem3 } from '../../services/system3-control/src/index.js';
import { system5 } from '../../services/system5-policy/src/index.js';
import { CACHE } from '../support/cache.js';
import { openFleet } from '../support/fleet.js';

const SLOW = { call: 'every.trigger-long-running-operation', with: { duration: 0.5, steps: 1 } };
/** ms from one heap of events to the next: 25 vital ones a second, where 14 can be answered. */
const EVERY = 120;
const CONFIG = {
  servers: { every: { npm: '@modelcontextprotocol/server-everything@2026.8.31', parallel: true } },
  units: {
    desk: { sheds: 1, responses: { 'do.bulk': { ...SLOW, priority: 0 }, 'do.vital': { ...SLOW, priority: 8 } } },
    clock: { responses: { 'clock.tick': { call: 'every.echo', with: { message: 'tick' } } } },
  },
  settings: { max_concurrent_operations: 10 },
};

it('a unit that cannot cope is helped in the order of least intervention, and left alone again', {
  timeout: 200_000,
}, async (t) => {
  const s1 = openSystem1({ openHost: ({ log, clock }) => openMcpHost({ dataDir: CACHE, log, clock }) });
  const s3 = openSystem3({ stress: { hold: 900, ease: 900 } });
  // a busy machine must not cost the lease
  const leadership = { ttl: 60_000, renew: 300, margin: 1000 };
  const fleet = await openFleet({ services: [system5, s3, s1], leadership, config: CONFIG });
  const publishing = new Set<NodeJS.Timeout>();
  t.after(async () => {
    for (const timer of publishing) clearInterval(timer);
    await fleet.stop();
  });
  const reports = new Set<string>();
  const accounts: DataOf<typeof Account>[] = [];
  const told: DataOf<typeof Stress>[] = [];
  await fleet.gateway.hear({ channel: 'report', bind: ['s1.*.load', 's3.*.account'] }, [
    on(Load, async ({ id }) => void reports.add(id)),
    on(Account, async ({ data }) => void accounts.push(data)),
  ]);
  await fleet.gateway.hear({ channel: 'intelligence', bind: ['s3.stress'] }, [
    on(Stress, async ({ data }) => void told.push(data)),
  ]);
  const outcomes = (type: string, kind: string) =>
    new Set(
      fleet.outcomes.flatMap(({ event, outcome }) => (event.type === type && outcome === kind ? [event.id] : [])),
    );
  await fleet.publish('clock.tick', {});
  await fleet.until(() => outcomes('clock.tick', 'answered').size > 0, { timeout: 60_000 });
  // Somebody else wants something too, whose idle share can be lent.
  publishing.add(setInterval(() => void fleet.publish('clock.tick', {}), 400));

  // More than the unit could do with all there is, until System 5 knows.
  const published = { 'do.bulk': 0, 'do.vital': 0 };
  const began = Date.now();
  const flood = setInterval(() => {
    // as many as are due, however busy the machine is
    while (published['do.bulk'] < (Date.now() - began) / EVERY) {
      for (const type of ['do.bulk', 'do.vital', 'do.vital', 'do.vital'] as const) {
        published[type] += 1;
        void fleet.publish(type, {});
      }
    }
  }, EVERY);
  publishing.add(flood);
  const needs = async () => (await fleet.ask('decisions', {})).needs ?? [];
  await fleet.until(async () => (await needs()).length > 0, { timeout: 80_000, what: 'System 5 is told' });
  assert.match((await needs())[0]?.what ?? '', /^desk cannot cope: it wants/);
  clearInterval(flood);
  const settled = () =>
    outcomes('do.bulk', 'answered').size + outcomes('do.bulk', 'shed').size + outcomes('do.vital', 'answered').size;
  await fleet.until(() => settled() === published['do.bulk'] + published['do.vital'], {
    timeout: 60_000,
    what: 'every event has its outcome',
  });
  const control = () => fleet.ask('control', {});
  await fleet.until(async () => (await control()).autonomy.active.length === 0, {
    timeout: 80_000,
    what: 'it is over',
  });

  assert.equal(outcomes('do.vital', 'answered').size, published['do.vital'], 'what matters is not let go');
  assert.ok(outcomes('do.bulk', 'shed').size > 0);
  const account = await fleet.ask('account', {});
  assert.equal(account.outcomes.shed, outcomes('do.bulk', 'shed').size, 'what is shed is counted');

  const entries = (await fleet.state.journal.read({ system: 's3', limit: 1000 }))
    .filter(({ type }) => type.startsWith('intervention.'))
    .map(({ type, cause, seq, data }) => ({ type, cause, seq, what: Intervention.parse(data).what }))
    .sort((a, b) => a.seq - b.seq);
  // A machine that stands still for a second may show a rung eased, and begun again: the order in which each was first
  // reached is what counts.
  const begun = entries.filter(({ what }) => what === 'begins');
  assert.deepEqual(
    [...new Set(begun.map(({ type }) => type))],
    ['intervention.borrow', 'intervention.shed', 'intervention.amplify', 'intervention.tell'],
  );
  for (const { cause } of begun) assert.ok(reports.has(cause ?? ''), 'each traces to the report that showed it');
  const ended = entries.filter(({ what }) => what === 'ends');
  assert.equal(ended.length, begun.length);
  const { spent } = (await control()).autonomy;
  const times = (kind: string) => begun.filter(({ type }) => type === `intervention.${kind}`).length;
  assert.deepEqual(
    spent,
    Object.fromEntries(['borrow', 'shed', 'amplify', 'tell'].map((kind) => [kind, times(kind)])),
    'each counts as autonomy spent',
  );

  assert.ok(told.every(({ state, unit }, n) => unit === 'desk' && state === (n % 2 === 0 ? 'begins' : 'ends')));
  assert.equal(told.length, 2 * times('tell'));
  await fleet.until(async () => (await needs()).length === 0, {
    timeout: 20_000,
    what: 'System 5 hears that it is over',
  });
  assert.ok(accounts.length < reports.size / 2, `${accounts.length} accounts of ${reports.size} reports`);
});
