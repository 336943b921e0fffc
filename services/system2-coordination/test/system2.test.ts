import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { on, type Service, type ServiceContext } from '@vsmcp/service';
import { Claim, type DataOf, Grant, type Granted, Loop, Release } from '@vsmcp/vsm';
import { type Fleet, openFleet } from '../../../test/support/fleet.js';
import { system2 } from '../src/system2.js';

/** Claims as a replica of System 1 does. */
function replica() {
  const grants: Granted[] = [];
  /** Grants in each message. */
  const messages: number[] = [];
  const loops: DataOf<typeof Loop>[] = [];
  let context: ServiceContext | undefined;
  const service: Service = {
    system: 's1',
    async start(given) {
      context = given;
      const heard = await Promise.all([
        given.hear({ channel: 'coordination', bind: [`grant.${given.instance}`] }, [
          on(Grant, async ({ data }) => {
            grants.push(...data.grants);
            messages.push(data.grants.length);
          }),
        ]),
        given.hear({ channel: 'coordination', bind: ['loop.*'] }, [
          on(Loop, async ({ data }) => void loops.push(data)),
        ]),
      ]);
      return async () => void (await Promise.all(heard.map((consumer) => consumer.stop())));
    },
  };
  const instance = () => context?.instance ?? '';
  /** Each its own resource where none is named. */
  const claimAll = (claims: readonly string[], unit: string, resource?: string) =>
    context?.say(Claim, `claim.${instance()}`, {
      instance: instance(),
      claims: claims.map((claim) => ({
        claim,
        unit,
        resources: [{ resource: resource ?? claim, of: 1 }],
        ttl: 20_000,
        patience: 1000,
      })),
    });
  return {
    service,
    grants,
    loops,
    messages,
    claim: (claim: string, unit: string, resource: string) => claimAll([claim], unit, resource),
    claimAll,
    release: (...claims: string[]) => context?.say(Release, `release.${instance()}`, { instance: instance(), claims }),
  };
}

describe('System 2', () => {
  const s1 = replica();
  const standby: Service = { ...system2 };
  let fleet: Fleet;
  before(async () => {
    // a busy machine must not cost the lease
    const leadership = { ttl: 60_000, renew: 300, margin: 1000 };
    fleet = await openFleet({ leadership, services: [s1.service, system2, standby] });
  });
  after(() => fleet.stop());
  const granted = (claim: string) =>
    fleet.until(() => s1.grants.find((g) => g.claim === claim && g.granted), { what: `grant of ${claim}` });
  const waits = (claim: string) =>
    fleet.until(() => s1.grants.find((g) => g.claim === claim && !g.granted), { what: `wait for ${claim}` });

  it('grants claims one after the other, with growing tokens, and tells who waits too long to ask again', async () => {
    await s1.claim('a', 'u1', 'x');
    const first = await granted('a');
    await s1.claim('b', 'u2', 'x');
    assert.ok((await waits('b')).wait);
    await s1.release('a');
    await s1.claim('b', 'u2', 'x');
    assert.ok(((await granted('b')).token ?? 0) > (first.token ?? 0));
    const { leases, conflicts_resolved } = await fleet.ask('coordination', {});
    assert.deepEqual([leases.length, conflicts_resolved], [1, 1]);
    await s1.release('b');
  });

  it('says what it resolved, how, and who waited how long', async () => {
    const { resolved, waits } = await fleet.ask('coordination', {});
    const [last] = resolved;
    assert.deepEqual([last?.how, last?.unit, last?.resources, last?.behind], ['turn', 'u2', ['x'], ['u1']]);
    assert.ok((last?.waited ?? 0) >= 1000, 'from when it first asked');
    assert.deepEqual(
      waits.map(({ unit, claims, waited }) => ({ unit, claims, waited })),
      [
        { unit: 'u2', claims: 1, waited: 1 },
        { unit: 'u1', claims: 1, waited: 0 },
      ],
    );
  });

  it('answers claims that came together together', async () => {
    const many = Array.from({ length: 20 }, (_, n) => `many${n}`);
    s1.messages.length = 0;
    await s1.claimAll(many, 'u1');
    await granted('many19');
    assert.deepEqual(s1.messages, [20]);
    await s1.release(...many);
    await fleet.until(async () => (await fleet.ask('coordination', {})).held === 0);
  });

  it('finds units that undo each other and holds them back', async () => {
    for (let n = 0; n < 7; n++) {
      const unit = n % 2 === 0 ? 'tidy' : 'pinboard';
      await s1.claim(`t${n}`, unit, 'notice');
      await granted(`t${n}`);
      await s1.release(`t${n}`);
      // a fight keeps time; this is its beat, not a wait for anything
      await setTimeout(200);
    }
    const found = await fleet.until(() => s1.loops.find((loop) => loop.state === 'found'));
    assert.deepEqual([found.resource, found.units, found.limit], ['notice', ['tidy', 'pinboard'], 2]);
    await s1.claim('held', 'pinboard', 'notice');
    const { wait, reason } = await waits('held');
    assert.ok(wait && wait > 20_000 && wait <= 30_000);
    assert.match(reason ?? '', /undo each other/);
    await fleet.until(() => s1.loops.find((loop) => loop.state === 'damped'));
    const { loops } = await fleet.ask('coordination', {});
    assert.equal(loops.length, 1);
  });

  it('has the others yield to the one whose purpose comes first', async () => {
    const precede = (unit: string) =>
      fleet.ask('precede', { resource: 'notice', first: { unit, because: 'it stays', by: 'ann' }, by: 's3' });
    assert.equal((await precede('stranger')).accepted, false);
    assert.equal((await precede('pinboard')).accepted, true);
    await s1.claim('loser', 'tidy', 'notice');
    const { yields, reason } = await waits('loser');
    assert.deepEqual([yields, reason], [true, 'the purpose of pinboard comes first on notice: it stays (ann)']);
    await s1.claim('winner', 'pinboard', 'notice');
    await granted('winner');
    await s1.release('winner');
    const { loops, resolved } = await fleet.ask('coordination', {});
    assert.equal(loops[0]?.first?.unit, 'pinboard');
    assert.deepEqual([resolved[0]?.how, resolved[0]?.behind], ['first', ['tidy']]);
  });

  it('a new leader grants nothing while leases of the last may be held, but goes on damping', async () => {
    await s1.claim('old', 'u1', 'y');
    await granted('old');
    await fleet.state.database.query(
      `UPDATE vsmcp_lease SET epoch = epoch + 1, holder = 'nobody', expires = clock_timestamp() WHERE name = 's2'`,
    );
    await fleet.until(async () => {
      const answer = await fleet.ask('coordination', {}).catch(() => undefined);
      return answer?.leases.length === 0;
    });
    await s1.claim('new', 'u2', 'y');
    assert.match((await waits('new')).reason ?? '', /earlier coordinator/);
    assert.equal((await fleet.ask('coordination', {})).loops.length, 1);
  });
});
