import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openMcpHost } from '../../libs/mcp/src/index.js';
import { remoteServer } from '../../libs/mcp/test/remote-server.js';
import { openSystem1 } from '../../services/system1-operations/src/index.js';
import { system3 } from '../../services/system3-control/src/index.js';
import { system5 } from '../../services/system5-policy/src/index.js';
import { CACHE } from '../support/cache.js';
import { openFleet } from '../support/fleet.js';

test('given a server whose tools change, when nobody has approved that, then nothing of it is used, its events wait, and it hurts; approved, they are answered', async (t) => {
  const remote = await remoteServer(t, 'tcp');
  const system1 = openSystem1({
    openHost: ({ config, log, clock }) => openMcpHost({ dataDir: CACHE, log, clock, private: config.policy.private }),
  });
  const fleet = await openFleet({
    services: [system1, system3, system5],
    // a busy machine must not cost the lease
    leadership: { ttl: 60_000, renew: 300, margin: 1000 },
    config: {
      servers: { far: { url: remote.url } },
      units: { desk: { responses: { 'file.x': { call: 'far.echo', with: { text: '=data.text' } } } } },
      policy: { private: ['127.0.0.1'] },
      pain: { tell: ['desk'], climb: '1h' },
    },
  });
  t.after(() => fleet.stop());
  const fateOf = (id: string, outcome: string) =>
    fleet.until(() => fleet.outcomes.find((o) => o.event.id === id && o.outcome === outcome), {
      timeout: 20_000,
      what: `${outcome} of ${id}`,
    });
  const far = async () => (await fleet.ask('capabilities', {})).capabilities.find(({ server }) => server === 'far');

  await fateOf(await fleet.publish('file.x', { text: 'one' }), 'answered');
  await fleet.until(async () => (await far())?.contract !== undefined);
  const approved = (await far())?.contract;

  remote.grow();
  await fleet.until(async () => (await far())?.state === 'suspended');
  const held = await fleet.publish('file.x', { text: 'two' });
  const parked = await fateOf(held, 'parked');
  assert.deepEqual([parked.cause, /not what was approved/.test(parked.reason ?? '')], ['unavailable', true]);
  assert.equal((await far())?.contract, approved);
  const alert = await fleet.until(async () =>
    (await fleet.ask('alerts', {})).alerts.find((a) => a.alert === 'server:far'),
  );
  assert.match(alert.what, /not what was approved/);

  const asks = await fleet.until(async () => (await fleet.ask('decisions', {})).pending[0]);
  assert.deepEqual([asks.proposal.stage, asks.proposal.server, asks.rule], ['contract', 'far', 'contract']);
  assert.match(asks.because, /new: grown/);

  const { accepted } = await fleet.ask('decide', { proposal: asks.proposal.proposal, verdict: 'allow', by: 'ann' });
  assert.equal(accepted, true);
  await fateOf(held, 'answered');
  const now = await fleet.until(async () => {
    const row = await far();
    return row?.state === 'ready' && row;
  });
  assert.notEqual(now.contract, approved);
  assert.ok(now.tools.some(({ name }) => name === 'grown'));
  await fleet.until(async () => (await fleet.ask('alerts', {})).alerts.every((a) => a.level === 'closed'));
  const journal = await fleet.state.journal.read({ system: 's3', type: 'verdict.done', limit: 1 });
  assert.equal(journal.length, 1);
});
