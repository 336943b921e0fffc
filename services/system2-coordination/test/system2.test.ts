import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { on, type Service, type ServiceContext } from '@vsmcp/service';
import { Claim, type DataOf, Grant, type Granted, Loop, Release } from '@vsmcp/vsm';
import { openFleet } from '../../../test/support/fleet.js';
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

// a busy machine must not cost the lease
const LEADERSHIP = { ttl: 60_000, renew: 300, margin: 1000 };

/** A fleet with a coordinator, a standby and a replica. */
async function open() {
  const s1 = replica();
  const fleet = await openFleet({ leadership: LEADERSHIP, services: [s1.service, system2, { ...system2 }] });
  const granted = (claim: string) =>
    fleet.until(() => s1.grants.find((g) => g.claim === claim && g.granted), { what: `grant of ${claim}` });
  const waits = (claim: string) =>
    fleet.until(() => s1.grants.find((g) => g.claim === claim && !g.granted), { what: `wait for ${claim}` });
  /** Two units have seven turns on a resource, each as the answer to the one before. */
  const fight = async (resource: string) => {
    for (let n = 0; n < 7; n++) {
      const claim = `${resource}${n}`;
      await s1.claim(claim, n % 2 === 0 ? 'tidy' : 'pinboard', resource);
      await granted(claim);
      await s1.release(claim);
      // a fight keeps time; this is its beat, not a wait for anything
      await setTimeout(200);
    }
    return fleet.until(() => s1.loops.find((loop) => loop.resource === resource && loop.state === 'found'));
  };
  const loopOn = async (resource: string) =>
    (await fleet.ask('coordination', {})).loops.find((loop) => loop.resource === resource);
  return { s1, fleet, granted, waits, fight, loopOn };
}

describe('System 2', () => {
  let world: Awaited<ReturnType<typeof open>>;
  before(async () => {
    world = await open();
  });
  after(() => world.fleet.stop());

  it('grants claims one after the other, tells who waits too long to ask again, and says what it resolved', async () => {
    const { s1, fleet, granted, waits } = world;
    const before = await fleet.ask('coordination', {});
    await s1.claim('a', 'u1', 'x');
    const first = await granted('a');
    await s1.claim('b', 'u2', 'x');
    assert.ok((await waits('b')).wait);
    await s1.release('a');
    await s1.claim('b', 'u2', 'x');
    assert.ok(((await granted('b')).token ?? 0) > (first.token ?? 0));
    const after = await fleet.ask('coordination', {});
    assert.deepEqual([after.held - before.held, after.conflicts_resolved - before.conflicts_resolved], [1, 1]);
    const [last] = after.resolved;
    assert.deepEqual([last?.how, last?.unit, last?.resources, last?.behind], ['turn', 'u2', ['x'], ['u1']]);
    assert.ok((last?.waited ?? 0) >= 1000, 'from when it first asked');
    assert.deepEqual(
      after.waits
        .filter(({ unit }) => unit === 'u1' || unit === 'u2')
        .map(({ unit, claims, waited }) => ({ unit, claims, waited })),
      [
        { unit: 'u2', claims: 1, waited: 1 },
        { unit: 'u1', claims: 1, waited: 0 },
      ],
    );
    await s1.release('b');
  });

  it('answers claims that came together together', async () => {
    const { s1, fleet, granted } = world;
    const many = Array.from({ length: 20 }, (_, n) => `many${n}`);
    s1.messages.length = 0;
    await s1.claimAll(many, 'many');
    await granted('many19');
    assert.deepEqual(s1.messages, [20]);
    await s1.release(...many);
    await fleet.until(async () => (await fleet.ask('coordination', {})).held === 0);
  });

  it('holds back units that undo each other, until the others yield to the one whose purpose comes first', async () => {
    const { s1, fleet, granted, waits, fight, loopOn } = world;
    const found = await fight('notice');
    assert.deepEqual([found.resource, found.units, found.limit], ['notice', ['tidy', 'pinboard'], 2]);
    await s1.claim('held', 'pinboard', 'notice');
    const { wait, reason } = await waits('held');
    assert.ok(wait && wait > 20_000 && wait <= 30_000);
    assert.match(reason ?? '', /undo each other/);
    await fleet.until(() => s1.loops.find((loop) => loop.state === 'damped'));
    assert.equal((await loopOn('notice'))?.state, 'damped');

    const precede = (unit: string) =>
      fleet.ask('precede', { resource: 'notice', first: { unit, because: 'it stays', by: 'ann' }, by: 's3' });
    assert.equal((await precede('stranger')).accepted, false);
    assert.equal((await precede('pinboard')).accepted, true);
    await s1.claim('loser', 'tidy', 'notice');
    const lost = await waits('loser');
    const because = 'the purpose of pinboard comes first on notice: it stays (ann)';
    assert.deepEqual([lost.yields, lost.reason], [true, because]);
    await s1.claim('winner', 'pinboard', 'notice');
    await granted('winner');
    await s1.release('winner');
    assert.equal((await loopOn('notice'))?.first?.unit, 'pinboard');
    const { resolved } = await fleet.ask('coordination', {});
    assert.deepEqual([resolved[0]?.how, resolved[0]?.behind], ['first', ['tidy']]);
  });

  it('grants nothing under a new leader while leases of the last may be held, but goes on damping', async () => {
    const { s1, fleet, granted, waits, fight, loopOn } = world;
    await fight('board');
    await s1.claim('old', 'early', 'y');
    await granted('old');
    await fleet.state.database.query(
      `UPDATE vsmcp_lease SET epoch = epoch + 1, holder = 'nobody', expires = clock_timestamp() WHERE name = 's2'`,
    );
    await fleet.until(async () => {
      const answer = await fleet.ask('coordination', {}).catch(() => undefined);
      return answer?.leases.length === 0;
    });
    await s1.claim('new', 'late', 'y');
    assert.match((await waits('new')).reason ?? '', /earlier coordinator/);
    assert.ok(await loopOn('board'));
  });
});
