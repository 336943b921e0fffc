import assert from 'node:assert/strict';
import { after, before, describe, it, test } from 'node:test';
import { on, type Service, type ServiceContext } from '@vsmcp/service';
import { Account, Acquire, AlertState, Algedonic, type DataOf, Direction, Proposal, Verdict } from '@vsmcp/vsm';
import { openTestEmbedded } from '../../../test/support/embedded.js';
import { type Fleet, type FleetOptions, openFleet } from '../../../test/support/fleet.js';
import { system5 } from '../src/system5.js';
import { NO_STRANGERS_CODE, proposal, WANTS_GIT } from './proposals.js';

const config: FleetOptions['config'] = {
  purpose: 'Answer.',
  policy: {
    acquire: { from: ['io.github.*/*'], allow: 'contained', ask: 'otherwise', wait: '1h' },
    forbid: [NO_STRANGERS_CODE, { name: 'no-bob', because: 'not Bob', cedar: 'principal == Person::"bob"' }],
  },
  pain: { tell: ['desk'], climb: '1s' },
};

/** Speaks as System 4, and keeps what System 5 says and commands. */
function listener() {
  const verdicts: DataOf<typeof Verdict>[] = [];
  const alerts: DataOf<typeof AlertState>[] = [];
  const acquires: DataOf<typeof Acquire>[] = [];
  let context: ServiceContext | undefined;
  const service: Service = {
    system: 's4',
    async start(given) {
      context = given;
      const heard = await Promise.all([
        given.hear({ channel: 'intelligence', bind: ['s5.*'] }, [
          on(Verdict, async ({ data }) => void verdicts.push(data)),
          on(AlertState, async ({ data }) => void alerts.push(data)),
        ]),
        given.hear('s4.command', [on(Acquire, async ({ data }) => void acquires.push(data))]),
      ]);
      return async () => void (await Promise.all(heard.map((consumer) => consumer.stop())));
    },
  };
  return {
    service,
    verdicts,
    alerts,
    acquires,
    propose: (data: DataOf<typeof Proposal>, id?: string) =>
      context?.say(Proposal, 's4.proposal', data, id === undefined ? {} : { id }),
    hurt: (severity: 'pain' | 'critical' | 'pleasure', alert = 'silence:x') =>
      context?.say(Algedonic, `${severity}.s4.x`, { alert, severity, unit: 'x', what: 'it hurts', since: 1 }),
  };
}

describe('System 5', () => {
  const s4 = listener();
  const standby: Service = { ...system5 };
  let fleet: Fleet;
  before(async () => {
    // a busy machine must not cost the lease
    const leadership = { ttl: 60_000, renew: 300, margin: 1000 };
    fleet = await openFleet({ leadership, services: [s4.service, system5, standby], config });
  });
  after(() => fleet.stop());

  const saidOf = (id: string, count: number) =>
    fleet.until(
      () => {
        const said = s4.verdicts.filter((v) => v.proposal.proposal === id);
        return said.length >= count && said;
      },
      { what: `${count} verdicts on ${id}` },
    );
  const alertAt = (alert: string, level: string) =>
    fleet.until(() => s4.alerts.find((a) => a.alert === alert && a.level === level), { what: `${alert} at ${level}` });

  it('judges proposals, repeats itself for a redelivered one, and journals the rule with its cause', async () => {
    await s4.propose(proposal(), 'm1');
    await s4.propose(proposal(), 'm1');
    await s4.propose(proposal({ proposal: 'p2', type: 'file.js', arguments: ['code'] }));
    const [first, again] = await saidOf('p1', 2);
    const [forbidden] = await saidOf('p2', 1);
    assert.deepEqual(first, again);
    assert.deepEqual([first?.verdict, first?.rule, first?.by], ['allow', 'acquire.allow', 'policy']);
    assert.deepEqual([forbidden?.verdict, forbidden?.rule], ['deny', 'no-strangers-code']);
    const entries = await fleet.state.journal.read({ system: 's5', type: 'acquire.judged', limit: 10 });
    assert.deepEqual(entries.filter((entry) => entry.cause === 'm1').length, 1);
    const { decided } = await fleet.ask('decisions', {});
    assert.deepEqual(decided.map((d) => d.rule).sort(), ['acquire.allow', 'no-strangers-code']);
  });

  it('asks a person, whose answer becomes a verdict; nobody answers for themselves', async () => {
    await s4.propose(proposal({ proposal: 'ask', grants: WANTS_GIT, by: 'carl' }));
    assert.equal((await saidOf('ask', 1))[0]?.verdict, 'ask');
    const own = await fleet.ask('decide', { proposal: 'ask', verdict: 'allow', by: 'carl' });
    assert.deepEqual([own.accepted, /nobody approves/.test(own.because)], [false, true]);
    assert.equal((await fleet.ask('decide', { proposal: 'ask', verdict: 'allow', by: 'ann' })).accepted, true);
    const [, answer] = await saidOf('ask', 2);
    assert.deepEqual([answer?.verdict, answer?.by], ['allow', 'ann']);
    assert.equal((await fleet.ask('decisions', {})).pending.length, 0);
  });

  it('pain reaches the owner, climbs, stands until acknowledged, and closes with the pain', async () => {
    await s4.hurt('pain', 'silence');
    assert.deepEqual((await alertAt('silence', 'owner')).told, ['desk']);
    assert.deepEqual((await alertAt('silence', 'system5')).told, ['desk', 'system5']);
    assert.deepEqual(await fleet.ask('acknowledge', { alert: 'silence', by: 'ann' }), { acknowledged: ['silence'] });
    assert.equal((await alertAt('silence', 'acknowledged')).by, 'ann');
    await s4.hurt('pleasure', 'silence');
    await alertAt('silence', 'closed');
    assert.deepEqual(
      (await fleet.ask('alerts', {})).alerts.map((a) => a.level),
      ['closed'],
    );
  });

  it('takes requests to acquire, says its policies, and permits what no rule forbids', async () => {
    assert.equal((await fleet.ask('acquire', { by: 'ann' })).accepted, false);
    const accepted = await fleet.ask('acquire', { type: 'file.cron', by: 'ann' });
    const command = await fleet.until(() => s4.acquires[0]);
    assert.deepEqual([command.proposal, command.type, command.by], [accepted.id, 'file.cron', 'ann']);
    const { purpose, policies } = await fleet.ask('policies', {});
    assert.equal(purpose, 'Answer.');
    assert.deepEqual(
      policies.slice(-2).map((p) => p.name),
      ['no-strangers-code', 'no-bob'],
    );
    const permit = (by: string, action = 'operate') =>
      fleet.ask('permit', { action, by, server: 'm', tool: 't', arguments: ['code'] });
    assert.equal((await permit('ann')).permitted, true);
    assert.deepEqual(await permit('bob'), { permitted: false, rule: 'no-bob', because: 'not Bob' });
    assert.equal((await permit('ann', 'destroy')).permitted, false);
  });

  it('what waits and what hurts survives a change of the leader', async () => {
    await s4.propose(proposal({ proposal: 'kept', grants: WANTS_GIT }));
    await s4.hurt('critical', 'kept');
    await saidOf('kept', 1);
    await alertAt('kept', 'system5');
    const [last] = await fleet.state.journal.read({ system: 's5', limit: 1 });
    // the leader loses its lease, as when its machine sleeps
    await fleet.state.database.query(
      `UPDATE vsmcp_lease SET epoch = epoch + 1, holder = 'nobody', expires = clock_timestamp() WHERE name = 's5'`,
    );
    await fleet.until(async () => {
      const answer = await fleet
        .ask('decide', { proposal: 'kept', verdict: 'allow', by: 'ann' })
        .catch(() => undefined);
      return answer?.accepted;
    });
    const [, answer] = await saidOf('kept', 2);
    assert.equal(answer?.verdict, 'allow');
    assert.ok(answer && last && answer.epoch > last.epoch);
    const { alerts } = await fleet.ask('alerts', {});
    assert.equal(alerts.find((a) => a.alert === 'kept')?.level, 'system5');
  });
});

describe('System 5 and the inside', () => {
  it('says what matters more, and keeps what needs a decision until it no longer does', async () => {
    const heard: DataOf<typeof Direction>[] = [];
    let s3: ServiceContext | undefined;
    const service: Service = {
      system: 's3',
      async start(context) {
        s3 = context;
        const consumer = await context.hear('s3.command', [on(Direction, async ({ data }) => void heard.push(data))]);
        return () => consumer.stop();
      },
    };
    const fleet = await openFleet({ services: [service, system5], config: { policy: { priority: { desk: 3 } } } });
    try {
      const said = await fleet.until(() => heard[0]);
      assert.deepEqual(said.priority, { desk: 3 });
      const { policies } = await fleet.ask('policies', {});
      assert.ok(policies.some(({ name }) => name === 'priority.desk'));
      const changed = await fleet.ask('prioritize', { priority: { shop: 2 }, because: 'a sale', by: 'ann' });
      assert.equal(changed.accepted, true);
      const { priority, because } = await fleet.until(() => heard[1]);
      assert.deepEqual([priority, because], [{ shop: 2 }, 'a sale']);
      const names = (await fleet.ask('policies', {})).policies.map(({ name }) => name);
      assert.deepEqual([names.includes('priority.shop'), names.includes('priority.desk')], [true, false]);
      const need = { need: 'n1', unit: 'desk', what: 'desk cannot cope', options: ['more replicas'] };
      const account = (needs: (typeof need)[]) => s3?.say(Account, 's3.i1.account', { changed: [], needs });
      const needs = async () => (await fleet.ask('decisions', {})).needs ?? [];
      await account([need]);
      await account([need]);
      await fleet.until(async () => (await needs())[0]?.what === 'desk cannot cope');
      await account([]);
      await fleet.until(async () => (await needs()).length === 0);
      const entries = await fleet.state.journal.read({ system: 's5', limit: 10 });
      assert.deepEqual(entries.map(({ type }) => type).sort(), ['need.closed', 'need.opened', 'priority.set']);
    } finally {
      await fleet.stop();
    }
  });
});

test('what was said live of priorities outlives a leader, until vsmcp.yaml says something else', async (t) => {
  const database = await openTestEmbedded();
  t.after(() => database.close());
  const holds = async (priority: Record<string, number>, change?: Record<string, number>) => {
    const fleet = await openFleet({ services: [system5], database, config: { policy: { priority } } });
    if (change) await fleet.ask('prioritize', { priority: change, by: 'ann' });
    const { policies } = await fleet.ask('policies', {});
    await fleet.stop();
    return policies.flatMap(({ name }) => (name.startsWith('priority.') ? [name.slice(9)] : []));
  };
  assert.deepEqual(await holds({ desk: 3 }, { shop: 2 }), ['shop']);
  assert.deepEqual(await holds({ desk: 3 }), ['shop']);
  assert.deepEqual(await holds({ desk: 4 }), ['desk']);
});

describe('System 5, when nobody answers', () => {
  it('says no', async () => {
    const s4 = listener();
    const policy = { acquire: { ...config?.policy?.acquire, wait: 50 } };
    const fleet = await openFleet({ services: [s4.service, system5], config: { ...config, policy } });
    try {
      await s4.propose(proposal({ grants: WANTS_GIT }));
      const late = await fleet.until(() => s4.verdicts[1]);
      assert.deepEqual([late.verdict, late.rule], ['deny', 'no-answer']);
    } finally {
      await fleet.stop();
    }
  });
});
