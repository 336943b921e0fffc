import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Capability } from '@vsmcp/vsm';
import { openMcpHost } from '../../libs/mcp/src/index.js';
import { openSystem1 } from '../../services/system1-operations/src/index.js';
import { system3 } from '../../services/system3-control/src/index.js';
import { system5 } from '../../services/system5-policy/src/index.js';
import { CACHE } from '../support/cache.js';
import { openFleet } from '../support/fleet.js';

/** An installation can take a while on a busy machine. */
const LONG = { timeout: 90_000 };

test('given an acquired server, when another version is asked for, then it is tried, decided and installed; and can be had back, and removed', async (t) => {
  const system1 = openSystem1({ openHost: ({ log, clock }) => openMcpHost({ dataDir: CACHE, log, clock }) });
  const fleet = await openFleet({
    services: [system1, system3, system5],
    // a busy machine must not cost the lease
    leadership: { ttl: 60_000, renew: 300, margin: 1000 },
    config: { policy: { acquire: { from: ['io.github.*/*'], allow: 'contained', ask: 'otherwise' } } },
  });
  t.after(() => fleet.stop());
  const old = Capability.parse({
    server: 'time',
    origin: 'acquired',
    name: 'io.github.yokingma/time-mcp',
    version: '1.0.4',
    state: 'wanted',
    spec: { npm: 'time-mcp@1.0.4' },
    responses: { 'file.day': { call: 'time.days_in_month', with: { date: '=data.date' } } },
  });
  await fleet.until(async () => (await fleet.ask('capabilities', {})).version >= 0);
  await fleet.state.capabilities.write('time', old, { system: 's3', epoch: 1 });
  const time = async (holds: (row: Capability) => boolean) =>
    fleet.until(async () => {
      const row = (await fleet.ask('capabilities', {})).capabilities.find(({ server }) => server === 'time');
      return row && holds(row) && row;
    }, LONG);
  const change = (how: 'upgrade' | 'rollback' | 'dismiss', version?: string) =>
    fleet.ask('change', { server: 'time', how, by: 'ann', ...(version !== undefined && { version }) });
  const asks = () => fleet.until(async () => (await fleet.ask('decisions', {})).pending[0], LONG);

  assert.equal((await change('rollback')).accepted, false);
  assert.equal((await change('upgrade', '1.0.6')).accepted, true);
  const asked = await asks();
  assert.deepEqual([asked.proposal.stage, asked.proposal.candidate.version], ['upgrade', '1.0.6']);
  const decide = (by: string) => fleet.ask('decide', { proposal: asked.proposal.proposal, verdict: 'allow', by });
  assert.equal((await decide('ann')).accepted, false, 'nobody approves their own request');
  assert.equal((await decide('bob')).accepted, true);
  const upgraded = await time((row) => row.state === 'ready');
  assert.deepEqual([upgraded.version, upgraded.previous?.version], ['1.0.6', '1.0.4']);
  assert.ok(upgraded.integrity?.startsWith('sha512-') && upgraded.contract);
  const id = await fleet.publish('file.day', { date: '2026-02-01' });
  await fleet.until(() => fleet.outcomes.some((o) => o.event.id === id && o.outcome === 'answered'), LONG);

  assert.equal((await change('rollback')).accepted, true);
  const back = await time((row) => row.state === 'ready' && row.version === '1.0.4');
  assert.equal(back.previous?.version, '1.0.6');
  // what was approved of the newer one is known, so that it comes back without a question
  assert.equal((await change('rollback')).accepted, true);
  const again = await time((row) => row.state === 'ready' && row.version === '1.0.6');
  assert.deepEqual([again.contract, again.integrity], [upgraded.contract, upgraded.integrity]);

  const missing = await change('upgrade', '99.0.0');
  assert.equal(missing.accepted, true, 'it is tried');
  const refused = await fleet.until(async () => {
    const { decided } = await fleet.ask('decisions', {});
    return decided.find(({ rule, proposal }) => rule === 'acquire.evidence' && proposal.proposal === missing.id);
  }, LONG);
  assert.match(refused.because, /could not be tried: .*no such version/);

  assert.equal((await change('dismiss')).accepted, true);
  await time((row) => row.state === 'removed');
});
