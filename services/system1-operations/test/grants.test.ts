import assert from 'node:assert/strict';
import { test } from 'node:test';
import { on } from '@vsmcp/service';
import { Balance, Load, Shares, Shed } from '@vsmcp/vsm';
import { openFleet } from '../../../test/support/fleet.js';
import { EVERYTHING, fate, replica, voice } from './support/replica.js';

test('System 3 grants shares; a deposed leader cannot, and a grant that lapses leaves the replica to itself', async (t) => {
  const [s1, s2, s3] = [replica(), voice('s2'), voice('s3')];
  const echo = { call: 'every.echo', with: { message: '=data.name' } };
  const fleet = await openFleet({
    services: [s2, s3, s1],
    config: { servers: { every: EVERYTHING }, units: { desk: { responses: { 'file.md': echo } } } },
  });
  t.after(() => fleet.stop());
  const turned: number[] = [];
  await s3.context().hear('s3.report', [on(Load, async ({ data }) => void turned.push(data.units.desk?.turned ?? 0))]);
  const balances: Record<string, number>[] = [];
  await s2.context().hear('s2.coordination', [on(Balance, async ({ data }) => void balances.push(data.units))]);
  await fate(fleet, await fleet.publish('file.md', { name: 'the server is there' }));
  const { instance } = fleet.context(s1);
  const say = (epoch: number, desk: number, lease: number) =>
    s3.context().say(Shares, 's1.all.grants', { epoch, lease, units: ['desk'], replicas: { [instance]: [desk] } });

  await say(7, 0, 3000);
  await say(6, 5, 60_000);
  const granted = Date.now();
  const id = await fleet.publish('file.md', { name: 'has no share here' });
  await fleet.until(() => turned.some((n) => n > 0), { what: 'it is turned away, and System 3 is told' });
  assert.equal((await fate(fleet, id)).outcome, 'answered');
  assert.deepEqual(balances, [{ desk: 0 }], 'System 2 is told what counts, and of nothing else');
  assert.ok(Date.now() - granted >= 2900, 'not before the grant had lapsed');
});

test('System 3 has the least important events of a unit shed, for as long as it says so; each is an outcome', async (t) => {
  const [s1, s3] = [replica(), voice('s3')];
  const echo = { call: 'every.echo', with: { message: '=data.name' } };
  const responses = { 'file.md': { ...echo, priority: 2 }, 'file.txt': { ...echo, priority: 7 } };
  const fleet = await openFleet({
    services: [s3, s1],
    config: { servers: { every: EVERYTHING }, units: { desk: { responses } } },
  });
  t.after(() => fleet.stop());
  const came = async (type: string) => fate(fleet, await fleet.publish(type, { name: type }));
  await came('file.md');
  const say = (epoch: number, floors: Record<string, number>) =>
    s3.context().say(Shed, 's1.all.shed', { epoch, lease: 60_000, floors });

  await say(7, { desk: 5 });
  await say(6, {});
  const shed = await fleet.until(async () => {
    const last = await came('file.md');
    return last.outcome === 'shed' ? last : undefined;
  });
  assert.match(shed.reason ?? '', /^System 3 has unit desk do only what has priority 5 or more; this has 2$/);
  assert.equal((await came('file.txt')).outcome, 'answered');
  await say(7, {});
  await fleet.until(async () => (await came('file.md')).outcome === 'answered');
});
