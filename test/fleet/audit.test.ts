import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { openMcpHost } from '@vsmcp/mcp';
import { FleetConfig, on, type Service, type ServiceContext } from '@vsmcp/service';
import { Algedonic, type Audit, Audited, type DataOf, Load, type MessageKind, Outcome } from '@vsmcp/vsm';
import { openSystem1 } from '../../services/system1-operations/src/index.js';
import { system2 } from '../../services/system2-coordination/src/index.js';
import { openSystem3 } from '../../services/system3-control/src/index.js';
import { CACHE } from '../support/cache.js';
import { openFleet } from '../support/fleet.js';

const UNITS = {
  desk: {
    responses: {
      'file.md': { call: 'every.echo', with: { message: '=data.name' } },
      'file.bad': { call: 'every.echo', with: { nothing: 'of use' }, retries: 0 },
      'file.claimed': { call: 'every.echo', with: { message: '=data.name' }, claims: '="board/" + data.name' },
    },
  },
};
const EVERY = { npm: '@modelcontextprotocol/server-everything@2026.8.31', parallel: true };

type Lie = (context: ServiceContext) => ServiceContext;

/** A replica that does what it does, and is heard as the lie has it. */
function replica(lie: Lie): Service {
  const honest = openSystem1({ openHost: ({ log, clock }) => openMcpHost({ dataDir: CACHE, log, clock }) });
  return { system: 's1', start: (context) => honest.start(lie(context)) };
}

/** Changes what is said of one kind, and under which key. */
function saying<K extends MessageKind>(
  kind: K,
  change: (data: DataOf<K>, key: string) => [data: DataOf<K>, key: string],
): Lie {
  return (context) => ({
    ...context,
    say: async (said, key, data, options) => {
      if (said.type !== kind.type) return context.say(said, key, data, options);
      const [other, under] = change(kind.data.parse(data) as DataOf<K>, key);
      return context.say(kind, under, other, options);
    },
  });
}

async function watch(t: TestContext, lie: Lie) {
  const audit = { every: 500, listen: 3500, patience: 500, samples: 20 };
  const services = [openSystem3({ audit }), system2, replica(lie)];
  // a busy machine must not cost the lease
  const leadership = { ttl: 60_000, renew: 300, margin: 1000 };
  const fleet = await openFleet({ services, leadership, config: { servers: { every: EVERY }, units: UNITS } });
  t.after(() => fleet.stop());
  const audits: Audit[] = [];
  const pains: DataOf<typeof Algedonic>[] = [];
  await fleet.gateway.hear({ channel: 'report', bind: ['s3.*.audited'] }, [
    on(Audited, async ({ data }) => void audits.push(data)),
  ]);
  await fleet.gateway.hear({ channel: 'algedonic', bind: ['#'] }, [
    on(Algedonic, async ({ data }) => void pains.push(data)),
  ]);
  return {
    audits,
    pains,
    fleet,
    until: fleet.until,
    publish: (type: string, name: string) => fleet.publish(type, { name }),
  };
}

/** Publishes events of the types until an audit is as it should be. */
async function shows(
  world: Awaited<ReturnType<typeof watch>>,
  types: readonly string[],
  what: (audit: Audit) => boolean,
) {
  let n = 0;
  return world.until(
    async () => {
      for (let k = 0; k < 3; k++) for (const type of types) await world.publish(type, `${n++}`);
      return world.audits.find(what);
    },
    { timeout: 60_000, what: 'an audit that shows it' },
  );
}

describe('System 3*', () => {
  it('finds nothing in a unit that reports what it did', async (t) => {
    const world = await watch(t, (context) => context);
    const types = ['file.md', 'file.bad', 'file.claimed'];
    const enough = ({ witnessed, counted, outcomes }: Audit) =>
      witnessed >= 10 && counted >= 5 && (outcomes.answered ?? 0) > 0 && (outcomes.dead ?? 0) > 0;
    await shows(world, types, (audit) => world.audits.indexOf(audit) >= 1 && enough(audit));
    assert.deepEqual(
      world.audits.flatMap(({ findings }) => findings),
      [],
    );
    assert.deepEqual(
      world.pains.filter(({ alert }) => alert.startsWith('audit:')),
      [],
    );
  });

  it('finds success reported for failure with the first sample, and System 5 is told', async (t) => {
    const lie = saying(Outcome, (data, key) =>
      data.outcome === 'dead'
        ? [{ ...data, outcome: 'answered' as const }, key.replace('dead.', 'answered.')]
        : [data, key],
    );
    const world = await watch(t, lie);
    await shows(world, ['file.bad'], ({ sampled }) => sampled > 0);
    const first = world.audits.find(({ sampled }) => sampled > 0);
    const outcomes = first?.findings.filter(({ kind }) => kind === 'outcome') ?? [];
    assert.ok(
      outcomes.some(({ found }) => found === 'the ledger has dead'),
      JSON.stringify(first),
    );
    assert.ok(outcomes.some(({ found }) => found === 'the unit saw the call fail'));
    const pain = await world.until(() => world.pains.find(({ alert }) => alert === 'audit:desk'));
    assert.match(pain.what, /reported answered; the (ledger has dead|unit saw the call fail)/);
  });

  it('finds wrong counts', async (t) => {
    const lie = saying(Load, (data, key) => {
      const units = Object.entries(data.units).map(([unit, figures]) => {
        const { answered = 0 } = figures.outcomes;
        return [unit, { ...figures, outcomes: { ...figures.outcomes, answered: 2 * answered } }];
      });
      return [{ ...data, units: Object.fromEntries(units) }, key];
    });
    const world = await watch(t, lie);
    const audit = await shows(world, ['file.md'], ({ counted }) => counted >= 8);
    const [finding] = audit.findings;
    assert.equal(finding?.kind, 'count', JSON.stringify(audit));
    assert.match(`${finding?.reported}; ${finding?.found}`, /^\d+ answered; \d+ were said$/);
  });

  it('finds a skipped claim with the first sample', async (t) => {
    const { claims: _, ...unclaimed } = UNITS.desk.responses['file.claimed'];
    const lie: Lie = (context) => {
      const units = { desk: { responses: { ...UNITS.desk.responses, 'file.claimed': unclaimed } } };
      return { ...context, config: FleetConfig.parse({ path: context.config.path, servers: { every: EVERY }, units }) };
    };
    const world = await watch(t, lie);
    const audit = await shows(world, ['file.claimed'], ({ witnessed }) => witnessed > 0);
    assert.deepEqual(
      [...new Set(audit.findings.map(({ kind, found }) => `${kind}: ${found}`))],
      ['claim: done without a lease'],
    );
  });

  it('judges by the units as they are by now', async (t) => {
    const world = await watch(t, (context) => context);
    const { claims: _, ...unclaimed } = UNITS.desk.responses['file.claimed'];
    const units = { desk: { responses: { ...UNITS.desk.responses, 'file.claimed': unclaimed } } };
    const { accepted, because } = await world.fleet.ask('configure', {
      units: FleetConfig.parse({ units }).units,
      by: 'somebody',
    });
    assert.ok(accepted, because);
    const claimsNothing = async () =>
      !JSON.stringify(await world.fleet.ask('units', { name: 'desk' })).includes('board/');
    await world.until(claimsNothing, { what: 'System 1 has the unit as it is now' });
    const audit = await shows(world, ['file.claimed'], ({ witnessed }) => witnessed > 0);
    assert.deepEqual(audit.findings, []);
  });
});
