import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { on, type Service, type ServiceContext } from '@vsmcp/service';
import {
  CapabilitiesChanged,
  CapabilityState,
  type DataOf,
  Direction,
  HAVING,
  Load,
  Loop,
  Operate,
  Outcome,
  Performance,
  Settle,
  SHARES_OF_THE_POOL,
  Shares,
  Try,
  Verdict,
} from '@vsmcp/vsm';
import { type Fleet, openFleet } from '../../../test/support/fleet.js';
import { system3 } from '../src/system3.js';
import { load, report, verdict } from './fixtures.js';

/** Hears System 3's commands as System 1 does, and answers each operation. */
function replica() {
  const tries: DataOf<typeof Try>[] = [];
  const settles: DataOf<typeof Settle>[] = [];
  const operations: DataOf<typeof Operate>[] = [];
  const versions: number[] = [];
  const shares: DataOf<typeof Shares>[] = [];
  let context: ServiceContext | undefined;
  const service: Service = {
    system: 's1',
    async start(given) {
      context = given;
      const { instance } = given;
      const heard = await Promise.all([
        given.hear('s1.command', [
          on(Try, async ({ data }) => void tries.push(data)),
          on(Settle, async ({ data }) => void settles.push(data)),
          on(Operate, async ({ data: { operation, type, tool } }) => {
            operations.push({ operation, type, tool, epoch: 0, params: {}, by: '' });
            const event = { source: '/operations', id: operation, type };
            await given.say(Outcome, `answered.${type}`, {
              event,
              unit: '',
              outcome: 'answered',
              tool,
              instance,
              result: 42,
            });
          }),
        ]),
        given.hear({ channel: 'command', bind: ['s1.all.*'] }, [
          on(CapabilitiesChanged, async ({ data }) => void versions.push(data.version)),
          on(Shares, async ({ data }) => void shares.push(data)),
        ]),
      ]);
      return async () => void (await Promise.all(heard.map((consumer) => consumer.stop())));
    },
  };
  return {
    service,
    tries,
    settles,
    operations,
    versions,
    shares,
    reports: (data: DataOf<typeof CapabilityState>) => context?.say(CapabilityState, 's1.i1.capability', data),
    loads: (data: DataOf<typeof Load>) => context?.say(Load, 's1.i1.load', data),
  };
}

/** Says verdicts, and permits everything to all but Bob. */
function policy() {
  let context: ServiceContext | undefined;
  const service: Service = {
    system: 's5',
    async start(given) {
      context = given;
      const answers = await given.answer({
        permit: async ({ by }) => ({ permitted: by !== 'bob', rule: 'no-bob', because: 'not Bob' }),
        whose: async ({ units }) =>
          units.includes('desk') ? { first: { unit: 'desk', because: 'it is listed', by: 'policy' } } : {},
      });
      return () => answers.stop();
    },
  };
  return {
    service,
    says: (data: DataOf<typeof Verdict>, id: string) => context?.say(Verdict, 's5.verdict', data, { id }),
    directs: (data: DataOf<typeof Direction>) => context?.say(Direction, 's3.all.direct', data),
  };
}

/** Says loops, and hears whose purpose comes first. */
function coordination() {
  const preceded: string[] = [];
  let context: ServiceContext | undefined;
  const service: Service = {
    system: 's2',
    async start(given) {
      context = given;
      const answers = await given.answer({
        async precede({ resource, first }) {
          preceded.push(`${resource}: ${first.unit} (${first.by})`);
          return { accepted: true, because: 'the others yield' };
        },
      });
      return () => answers.stop();
    },
  };
  return { service, preceded, says: (data: DataOf<typeof Loop>) => context?.say(Loop, 'loop.desk', data) };
}

describe('System 3', () => {
  const s2 = coordination();
  const s1 = replica();
  const s5 = policy();
  let fleet: Fleet;
  before(async () => {
    const config = { servers: { memory: { npm: 'memory@1.0.0', writes: 'desk' } } };
    // a busy machine must not cost the lease
    const leadership = { ttl: 60_000, renew: 300, margin: 1000 };
    fleet = await openFleet({ leadership, services: [s1.service, s2.service, s5.service, system3], config });
    await fleet.until(() => fleet.ask('control', {}).catch(() => undefined), { what: 'System 3 to lead' });
  });
  after(() => fleet.stop());
  const capability = async (server: string) =>
    (await fleet.ask('capabilities', {})).capabilities.find((c) => c.server === server);

  it('takes the configured servers up and tells System 1', async () => {
    const version = await fleet.until(() => s1.versions[0]);
    assert.deepEqual((await fleet.state.capabilities.read()).version, version);
    assert.equal((await capability('memory'))?.state, 'wanted');
    const told = s1.versions.length;
    await s1.reports(report({ server: 'memory', proposal: undefined }));
    await fleet.until(() => s1.versions.length > told, { what: 'the pinned contract to be told' });
    const memory = await capability('memory');
    assert.deepEqual([memory?.state, memory?.contract], ['ready', 'c1']);
    const before = (await fleet.state.capabilities.read()).version;
    await s1.reports(report({ server: 'memory', proposal: undefined }));
    await s1.reports(report({ server: 'memory', proposal: undefined, state: 'failed', reason: 'exited' }));
    await fleet.until(async () => (await capability('memory'))?.state === 'failed');
    assert.equal((await fleet.state.capabilities.read()).version, before + 1, 'no news is not written');
  });

  it('does what System 5 allowed, once, and journals it', async () => {
    await s5.says(verdict('probe'), 'v1');
    await s5.says(verdict('probe'), 'v1');
    await s5.says(verdict('install'), 'v2');
    await fleet.until(async () => (await capability('calc-mcp'))?.state === 'wanted');
    assert.equal(s1.tries.length, 1);
    await s5.says(verdict('refuse', { type: 'file.js' }, { rule: 'no-strangers-code' }), 'v3');
    const settle = await fleet.until(() => s1.settles[0]);
    assert.deepEqual([settle.how, settle.filter.type], ['refuse', 'file.js']);
    await s5.says(verdict('remove'), 'v4');
    await fleet.until(async () => (await capability('calc-mcp'))?.state === 'removed');
    const done = async () => fleet.state.journal.read({ system: 's3', type: 'verdict.done', limit: 10 });
    await fleet.until(async () => (await done()).length === 4);
    assert.deepEqual((await done()).map((entry) => entry.cause).sort(), ['v1', 'v2', 'v3', 'v4']);
  });

  it('runs a tool for somebody who may, and waits for what came of it', async () => {
    await s1.reports(report({ server: 'memory', proposal: undefined }));
    await fleet.until(async () => (await capability('memory'))?.state === 'ready');
    const operate = (over: object) => fleet.ask('operate', { tool: 'memory.math', by: 'ann', ...over });
    const own = await operate({});
    assert.deepEqual([own.outcome?.result, own.outcome?.event.type], [42, 'operate.memory.math']);
    assert.equal((await operate({ type: 'asked.for.it' })).outcome?.event.type, 'asked.for.it');
    assert.equal((await operate({ by: 'bob' })).refused, 'no-bob: not Bob');
    assert.match((await operate({ tool: 'nowhere.x' })).refused ?? '', /no server nowhere; there are: memory/);
    assert.match((await operate({ tool: 'memory.x' })).refused ?? '', /no tool x; it has: cron_parse, math/);
    assert.match((await operate({ type: 'Not a type' })).refused ?? '', /cannot be the type/);
    assert.equal(s1.operations.length, 2);
    assert.equal((await fleet.state.journal.read({ system: 's3', type: 'operate', limit: 10 })).length, 6);
  });

  it('tells all who ask for the same operation at the same time', async () => {
    const operate = (over: object) => fleet.ask('operate', { tool: 'memory.math', by: 'ann', wait: 5000, ...over });
    for (const [operation, type] of [['twice'], ['again', 'asked.for.it']]) {
      const both = await Promise.all([1, 2].map(() => operate({ operation, ...(type && { type }) })));
      assert.deepEqual(
        both.map(({ outcome }) => outcome?.result),
        [42, 42],
      );
    }
  });

  it('has held events settled for somebody', async () => {
    const told = s1.settles.length;
    const answer = await fleet.ask('settle', { how: 'discard', filter: { type: 'x' }, because: 'old', by: 'ann' });
    assert.equal(answer.accepted, true);
    const settle = await fleet.until(() => s1.settles[told]);
    assert.deepEqual([settle.how, settle.because], ['discard', 'old (ann)']);
  });

  it('reports how the operations perform', async () => {
    const reports: number[] = [];
    const consumer = await fleet.gateway.hear({ channel: 'report', bind: ['s3.*.performance'] }, [
      on(Performance, async ({ data }) => void (data.efficiency !== null && reports.push(data.efficiency))),
    ]);
    await s1.loads(load(Date.now(), 3, { dead: 1 }));
    assert.equal(await fleet.until(() => reports[0]), 0.75);
    await consumer.stop();
  });

  it('shares the pool among units that want something, within what each replica can run', async () => {
    await s1.loads(load(Date.now(), 5, { busy: 4000 }));
    await s1.loads(load(Date.now(), 5, { busy: 4000, unit: 'machine' }));
    const { epoch, lease, replicas } = await fleet.until(() =>
      s1.shares.find(({ units, replicas: { i1 } }) => units.join() === 'desk,machine' && i1?.every((n) => n)),
    );
    assert.ok(epoch >= 1 && lease > 1000);
    // nine of the ten that i1 can run at the same time
    assert.equal(
      replicas.i1?.reduce((sum: number, n) => sum + (n ?? 0), 0),
      9,
    );
    const { pool, units, demand } = await fleet.ask('control', {});
    assert.ok(pool > 9, 'the other replica is alive too');
    assert.deepEqual(units.map(({ unit }) => unit).sort(), ['desk', 'machine']);
    assert.ok(demand > 1);
    await fleet.until(async () => (await fleet.ask('control', {})).units.length === 0, { what: 'nothing is wanted' });
  });

  it('shares by what System 5 says matters, and remembers it', async () => {
    const direct = (epoch: number, desk: number) =>
      s5.directs({ epoch, priority: { desk, machine: 1 }, because: 'a test' });
    await direct(7, 2);
    await direct(6, 9);
    const grants = async () => {
      await s1.loads(load(Date.now(), 5, { busy: 40_000 }));
      await s1.loads(load(Date.now(), 5, { busy: 40_000, unit: 'machine' }));
      const { units } = await fleet.ask('control', {});
      return Object.fromEntries(units.map(({ unit, slots, priority }) => [unit, { slots, priority }]));
    };
    await fleet.until(
      async () => {
        const { desk, machine } = await grants();
        return desk?.priority === 2 && machine && Math.abs(desk.slots - 2 * machine.slots) <= 2;
      },
      { what: 'desk has twice as much' },
    );
    const [entry, ...others] = await fleet.state.journal.read({ system: 's3', type: 'direction', limit: 10 });
    assert.deepEqual([Direction.data.parse(entry?.data).epoch, others.length], [7, 0]);
  });

  it('moves units slowly while System 2 says that their shares swing', async () => {
    const told = { resource: SHARES_OF_THE_POOL, units: ['desk', 'machine'], before: 7, limit: 0 };
    const say = (state: 'found' | 'settled') => s2.says({ ...told, state });
    const damped = async () => (await fleet.ask('control', {})).damped;
    await say('found');
    await fleet.until(async () => (await damped()).length === 2);
    await say('settled');
    await fleet.until(async () => (await damped()).length === 0);
  });

  it('asks System 5 whose purpose comes first of units that undo each other, and a person where it does not know', async () => {
    const loop = { before: 27, limit: 2, state: 'found' as const };
    await s2.says({ ...loop, resource: 'board', units: ['desk', 'machine'] });
    await fleet.until(() => s2.preceded.includes('board: desk (policy)'));
    await s2.says({ ...loop, resource: 'door', units: ['in', 'out'] });
    const prefer = (unit: string, resource: string) =>
      fleet.ask('prefer', { unit, resource, because: 'draught', by: 'ann' });
    await fleet.until(async () => (await prefer('out', 'door')).accepted);
    assert.equal(s2.preceded.at(-1), 'door: out (ann)');
    assert.equal((await prefer('desk', 'door')).because, 'it is between in and out');
    assert.match((await prefer('out', 'roof')).because, /no units undo each other on roof/);
    // it comes back: what she said holds
    await s2.says({ ...loop, resource: 'door', units: ['in', 'out'], state: 'found' });
    await fleet.until(() => s2.preceded.filter((said) => said === 'door: out (ann)').length === 2);
  });

  it('does not install a server that comes and goes, until System 2 says that it has settled', async () => {
    const told = { resource: `${HAVING}calc-mcp`, units: ['calc-mcp'], before: 1, limit: 0 };
    let n = 0;
    const installs = async () => {
      const cause = `churn-${n++}`;
      await s5.says(verdict('install'), cause);
      const entry = await fleet.until(async () => {
        const done = await fleet.state.journal.read({ system: 's3', type: 'verdict.done', limit: 1 });
        return done.find((one) => one.cause === cause);
      });
      return JSON.stringify(entry.data);
    };
    await s2.says({ ...told, state: 'found' });
    await fleet.until(async () => /acquired and removed again and again/.test(await installs()));
    await s2.says({ ...told, state: 'settled' });
    await fleet.until(async () => /"did":"write"/.test(await installs()));
  });
});
