import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openFleet } from '../../../../test/support/fleet.js';
import { MEMORY, replica } from '../support/replica.js';

test('a server is tested where it runs; the other replica names that place', async (t) => {
  const replicas = [replica(), replica()];
  const dead = { npm: '@modelcontextprotocol/server-filesystem@2026.8.31', args: ['/nowhere'], parallel: true };
  const config = { servers: { memory: MEMORY, dead } };
  const fleet = await openFleet({ services: replicas, config });
  t.after(() => fleet.stop());
  const instances = replicas.map((service) => fleet.context(service).instance);
  const asked = (server: string, instance: string | undefined) =>
    fleet.ask('test', { server }, { timeout: 10_000, ...(instance !== undefined && { instance }) });

  const answers = await fleet.until(
    async () => {
      const both = await Promise.all(instances.map((instance) => asked('memory', instance)));
      return both.some(({ ok }) => ok) && both.some(({ elsewhere }) => elsewhere !== undefined) && both;
    },
    { timeout: 60_000, what: 'the server runs at one of them' },
  );
  const [here] = answers.filter(({ ok }) => ok);
  const [there] = answers.filter(({ ok }) => !ok);
  assert.equal(there?.elsewhere, here?.instance);
  assert.ok(here?.latency !== undefined && here.latency < 5000);
  assert.match(here.protocol ?? '', /^20\d\d-\d\d-\d\d$/);
  assert.ok(here.serverInfo?.name && here.confinement && here.tools.includes('create_entities'));

  const down = await fleet.until(
    async () => {
      const answer = await asked('dead', instances[0]);
      return answer.reason?.includes('last words') && answer;
    },
    { timeout: 60_000, what: 'its last words are told' },
  );
  assert.equal(down.ok, false);
  assert.match(down.mend ?? '', /servers\.dead in vsmcp\.yaml/);
  await assert.rejects(asked('nobody', instances[0]), /there is no server nobody: there are dead, memory/);
});
