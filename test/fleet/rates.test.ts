import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openMcpHost } from '@vsmcp/mcp';
import { on } from '@vsmcp/service';
import { Outcome } from '@vsmcp/vsm';
import { openSystem1 } from '../../services/system1-operations/src/index.js';
import { system2 } from '../../services/system2-coordination/src/index.js';
import { CACHE } from '../support/cache.js';
import { openFleet } from '../support/fleet.js';

const SECOND = 1000;
/** Milliseconds by which the way from System 2's grant to the outcome may differ from one call to the next. */
const WAY = 500;

test('a server with a rate: two replicas and two units together keep to it, and the busy unit leaves the other its part', async (t) => {
  const replica = () => openSystem1({ openHost: ({ log, clock }) => openMcpHost({ dataDir: CACHE, log, clock }) });
  const echo = { call: 'every.echo', with: { message: '=data.name' } };
  const fleet = await openFleet({
    services: [system2, replica(), replica()],
    // a busy machine must not cost the lease
    leadership: { ttl: 60_000, renew: 300, margin: 1000 },
    config: {
      servers: { every: { npm: '@modelcontextprotocol/server-everything@2026.8.31', parallel: true, rate: '10/2s' } },
      units: {
        busy: { responses: { 'busy.event': echo } },
        calm: { responses: { 'calm.event': echo } },
        free: { responses: { 'free.event': 'noted' } },
      },
    },
  });
  t.after(() => fleet.stop());
  const ends: { unit: string; at: number }[] = [];
  await fleet.gateway.hear({ channel: 'outcome', bind: ['answered.#'] }, [
    on(Outcome, async ({ data }) => void ends.push({ unit: data.unit, at: Date.now() })),
  ]);
  const publish = (unit: string, n: number) =>
    Promise.all(Array.from({ length: n }, (_, i) => fleet.publish(`${unit}.event`, { name: `${unit} ${i}` })));

  await publish('calm', 1);
  await fleet.until(() => ends.length === 1, { timeout: 60_000, what: 'the server is there' });
  await publish('busy', 30);
  await fleet.until(() => ends.length > 2, { timeout: 20_000, what: 'the busy unit has begun' });
  await publish('calm', 4);
  const free = await publish('free', 1);
  await fleet.until(() => ends.length === 35, { timeout: 60_000, what: 'all are answered' });

  for (const { at } of ends) {
    const inTime = ends.filter((end) => end.at >= at && end.at < at + 2 * SECOND - WAY).length;
    assert.ok(inTime <= 10, `${inTime} in two seconds`);
  }
  const lastOf = (unit: string) => Math.max(...ends.filter((end) => end.unit === unit).map(({ at }) => at));
  assert.ok(lastOf('calm') < lastOf('busy') - SECOND, 'the calm unit does not queue behind the busy one');
  const noted = fleet.outcomes.findIndex(({ event }) => event.id === free[0]);
  assert.ok(noted >= 0 && noted < 30, 'who needs no turn waits for none');

  const { schedules } = await fleet.ask('coordination', {});
  const [every] = schedules;
  assert.deepEqual([every?.server, every?.calls, every?.per, every?.granted], ['every', 10, 2 * SECOND, 35]);
  const busy = every?.units.find(({ unit }) => unit === 'busy');
  assert.ok(busy && busy.granted === 30 && busy.waited > 10 && busy.longest > SECOND, JSON.stringify(busy));
});
