import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { on, type Service, type ServiceContext } from '@vsmcp/service';
import { Claim, type DataOf, Grant, Loop, Release } from '@vsmcp/vsm';
import { type Fleet, openFleet } from '../../../test/support/fleet.js';
import { system2 } from '../src/system2.js';

/** Claims as a replica of System 1 does. */
function replica() {
  const grants: DataOf<typeof Grant>[] = [];
  const loops: DataOf<typeof Loop>[] = [];
  let context: ServiceContext | undefined;
  const service: Service = {
    system: 's1',
    async start(given) {
      context = given;
      const heard = await Promise.all([
        given.hear({ channel: 'coordination', bind: [`grant.${given.instance}`] }, [
          on(Grant, async ({ data }) => void grants.push(data)),
        ]),
        given.hear({ channel: 'coordination', bind: ['loop.*'] }, [
          on(Loop, async ({ data }) => void loops.push(data)),
        ]),
      ]);
      return async () => void (await Promise.all(heard.map((consumer) => consumer.stop())));
    },
  };
  const instance = () => context?.instance ?? '';
  return {
    ...{ service, grants, loops },
    claim: (claim: string, unit: string, resource: string) =>
      context?.say(Claim, `claim.${unit}`, { claim, unit, instance: instance(), resources: [resource], ttl: 20_000 }),
    release: (claim: string, unit: string, resource: string) =>
      context?.say(Release, `release.${unit}`, { claim, unit, instance: instance(), resources: [resource] }),
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
    await s1.release('a', 'u1', 'x');
    await s1.claim('b', 'u2', 'x');
    assert.ok(((await granted('b')).token ?? 0) > (first.token ?? 0));
    const { leases, conflicts_resolved } = await fleet.ask('coordination', {});
    assert.deepEqual([leases.length, conflicts_resolved], [1, 1]);
    await s1.release('b', 'u2', 'x');
  });

  it('finds units that undo each other and holds them back', async () => {
    for (let n = 0; n < 5; n++) {
      const unit = n % 2 === 0 ? 'tidy' : 'pinboard';
      await s1.claim(`t${n}`, unit, 'notice');
      await granted(`t${n}`);
      await s1.release(`t${n}`, unit, 'notice');
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
