import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { DONE } from '@vsmcp/nervous-system';
import { on, type Service, type ServiceContext } from '@vsmcp/service';
import {
  Acquire,
  Acquisition,
  type DataOf,
  Demand,
  Gap,
  Proposal,
  sourceOf,
  Tried,
  Verdict,
  type Waiting,
} from '@vsmcp/vsm';
import { type Fleet, openFleet } from '../../../test/support/fleet.js';
import { system4 } from '../src/system4.js';
import { waiting } from './acquisition/given.js';
import { toolsOf } from './matching/needs.js';

/** Speaks as Systems 1 and 5, and keeps what System 4 says. */
function inside() {
  const proposals: DataOf<typeof Proposal>[] = [];
  const told: DataOf<typeof Acquisition>[] = [];
  const gaps: DataOf<typeof Gap>[] = [];
  const sensed: string[] = [];
  let entries: Waiting[] = [];
  let one: ServiceContext | undefined;
  let five: ServiceContext | undefined;
  const s1: Service = {
    system: 's1',
    async start(context) {
      one = context;
      const answering = await context.answer({
        waiting: async () => ({
          types: entries.length,
          events: entries.reduce((sum, { events }) => sum + events, 0),
          waiting: entries,
        }),
      });
      const own = { own: true, channel: 'environment', bind: ['#'] } as const;
      const sensing = await context.bus.subscribe({ queue: own, prefetch: 10 }, async ({ key }) => {
        sensed.push(key);
        return DONE;
      });
      return async () => void (await Promise.all([answering.stop(), sensing.stop()]));
    },
  };
  const s5: Service = {
    system: 's5',
    async start(context) {
      five = context;
      const hearing = await context.hear({ channel: 'intelligence', bind: ['s4.*'] }, [
        on(Proposal, async ({ data }) => void proposals.push(data)),
        on(Acquisition, async ({ data }) => void told.push(data)),
        on(Gap, async ({ data }) => void gaps.push(data)),
      ]);
      return () => hearing.stop();
    },
  };
  return {
    s1,
    s5,
    proposals,
    told,
    gaps,
    sensed,
    waits: (...now: Waiting[]) => {
      entries = now;
    },
    rule: async (proposal: DataOf<typeof Proposal>) =>
      five?.say(Verdict, 's5.verdict', {
        proposal,
        verdict: 'allow',
        rule: 'contained',
        because: 'it is',
        by: 'policy',
        epoch: 1,
      }),
    tried: async (more: Partial<DataOf<typeof Tried>> & { proposal: string; npm: string }) =>
      one?.say(Tried, 's1.x.tried', { instance: 'x', ok: true, tools: [], results: [], ...more }),
    wish: async (server: string) =>
      five?.say(Acquire, 's4.all.acquire', { epoch: 1, proposal: 'wish-1', server, by: 'ann' }),
  };
}

describe('System 4', () => {
  const others = inside();
  let stopFirst = async () => {};
  const first: Service = {
    system: 's4',
    async start(context) {
      let stopping: Promise<void> | undefined;
      const stop = await system4.start(context);
      stopFirst = () => {
        stopping ??= stop();
        return stopping;
      };
      return stopFirst;
    },
  };
  const second: Service = { ...system4 };
  let home: string;
  let fleet: Fleet;
  const proposed = (stage: string, count = 1) =>
    fleet.until(
      () => {
        const found = others.proposals.filter((one) => one.stage === stage);
        return found.length >= count && found[count - 1];
      },
      { what: `proposal ${count} of stage ${stage}` },
    );

  const journalled = async () => {
    const entries = await fleet.state.journal.read({ system: 's4', limit: 100 });
    return new Set(entries.map(({ type }) => type));
  };

  before(async () => {
    home = await mkdtemp(join(tmpdir(), 'vsmcp-s4-'));
    await mkdir(join(home, 'desk/inbox'), { recursive: true });
    await writeFile(join(home, 'broken.json'), '{ "servers": 7 }');
    await writeFile(join(home, 'desk/inbox/a.cron'), '3 9 * * 1-5');
    others.waits(waiting('cron', ['3 9 * * 1-5']));
    fleet = await openFleet({
      home,
      services: [others.s1, others.s5, first, second],
      leadership: { ttl: 1000, renew: 200, margin: 200 },
      config: {
        registries: ['shipped', 'broken.json'],
        environment: { senses: [{ folder: 'desk/inbox' }, { host: '1h' }, { git: 'desk' }] },
      },
    });
  });
  after(async () => {
    await fleet.stop();
    await rm(home, { recursive: true, force: true });
  });

  it('says the gap and proposes the best server, with what was found in the registries', async () => {
    const probe = await proposed('probe');
    assert.equal(sourceOf(probe.candidate.spec), '@coo-quack/calc-mcp@2.1.1');
    assert.equal(probe.server, 'calc');
    assert.deepEqual(
      others.gaps.at(-1)?.types.map(({ type }) => type),
      ['file.cron'],
    );
    await fleet.until(() => others.told.some(({ step }) => step === 'probing'));
  });

  it('publishes what its senses find', async () => {
    await fleet.until(() => ['file.cron', 'host.load', 'host.disk'].every((type) => others.sensed.includes(type)));
  });

  it('takes up where the last leader was, starts nothing anew, and shows and journals what it knows', async () => {
    const probe = await proposed('probe');
    await others.rule(probe);
    await fleet.until(() => others.told.some(({ rule }) => rule === 'contained') || others.proposals.length > 1);
    await stopFirst();
    await others.tried({ proposal: probe.proposal, npm: sourceOf(probe.candidate.spec), tools: toolsOf('calc-mcp') });
    const trial = await proposed('trial');
    assert.equal(trial.proposal, probe.proposal);
    assert.equal(trial.tool, 'cron_parse');
    assert.deepEqual(trial.calls[0]?.arguments, { expression: '3 9 * * 1-5' });

    const { acquisitions } = await fleet.ask('acquisitions', {});
    const shown = acquisitions.find(({ type }) => type === 'file.cron');
    assert.deepEqual([shown?.step, shown?.tool], ['matched', 'cron_parse']);
    const { candidates, registries } = await fleet.ask('discover', { text: 'math dates', limit: 1 });
    assert.equal(candidates[0]?.tools?.length, 21);
    assert.ok((registries.find(({ registry }) => registry === 'shipped')?.servers ?? 0) >= 15);
    assert.match(registries.find(({ registry }) => registry === 'broken.json')?.error ?? '', /broken\.json/);
    const found = await fleet.ask('discover', { text: 'cron' });
    assert.deepEqual(
      found.candidates.map(({ name }) => name),
      ['io.github.coo-quack/calc-mcp'],
      'its description says nothing of cron, a tool of it does',
    );
    const types = await journalled();
    for (const type of ['opened', 'ranked', 'proposed', 'ruled', 'probed'])
      assert.ok(types.has(`acquisition.${type}`), type);
  });

  it('looks for what somebody with the right asked for', async () => {
    await others.wish('git-mcp-server');
    const probe = await fleet.until(() => others.proposals.find(({ server }) => server === 'git'));
    assert.equal(probe.by, 'ann');
    assert.equal(probe.proposal, 'wish-1');
  });

  it('takes a wish that found no tool for something that waits', async () => {
    const wish = { type: 'demand.count-weekdays', wish: 'count weekdays', by: 'agent:x' };
    await fleet.gateway.say(Demand, 'gateway.test.demand', wish);
    await fleet.until(() => others.gaps.at(-1)?.types.some(({ type }) => type === wish.type));
    assert.equal(others.gaps.at(-1)?.events, 2, 'one event and one wish');
    await fleet.until(() => others.told.some(({ type, step }) => type === wish.type && step === 'failed'));
    assert.ok((await journalled()).has('acquisition.demanded'));
    await fleet.gateway.say(Demand, 'gateway.test.demand', { ...wish, type: 'file.cron' });
    await fleet.gateway.say(Demand, 'gateway.test.demand', {
      ...wish,
      type: 'demand.list-branches',
      wish: 'list branches',
    });
    await fleet.until(() => others.told.some(({ type }) => type === 'demand.list-branches'));
    assert.ok(!others.gaps.at(-1)?.types.some(({ type, waiting: count }) => type === 'file.cron' && count > 1));
  });
});
