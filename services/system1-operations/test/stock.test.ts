import assert from 'node:assert/strict';
import { test } from 'node:test';
import { on } from '@vsmcp/service';
import { CapabilitiesChanged, Capability, Stock } from '@vsmcp/vsm';
import { openFleet } from '../../../test/support/fleet.js';
import { replica, voice } from './support/replica.js';

test('System 2 is told which servers were acquired, at the start and when that changes', async (t) => {
  const [s1, s2, s3] = [replica(), voice('s2'), voice('s3')];
  const stocks: [version: number, ...servers: string[]][] = [];
  const fleet = await openFleet({ services: [s2, s3, s1] });
  t.after(() => fleet.stop());
  await s2
    .context()
    .hear('s2.coordination', [on(Stock, async ({ data }) => void stocks.push([data.version, ...data.servers]))]);
  const changed = async (state: 'suspended' | 'removed') => {
    const spec = { npm: 'calc-mcp@1.0.0' };
    const row = Capability.parse({ server: 'calc-mcp', origin: 'acquired', version: '1.0.0', spec, state });
    const version = await fleet.state.capabilities.write(row.server, row, { system: 's3', epoch: 1 });
    await s3.context().say(CapabilitiesChanged, 's1.all.capabilities', { version, epoch: 1 });
    await fleet.until(() => stocks.some(([told]) => told === version));
  };
  await changed('suspended');
  await changed('removed');
  assert.deepEqual(stocks, [[0], [1, 'calc-mcp'], [2]]);
});
