import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, test } from 'node:test';
import { openMcpHost } from '@vsmcp/mcp';
import { realClock } from '@vsmcp/service';
import { CACHE } from '../../../../test/support/cache.js';
import { openFleet } from '../../../../test/support/fleet.js';
import { consciousness } from '../../../consciousness/src/index.js';
import { gatewayForTests } from '../support.js';

/** The last of its first line, which runs on Node 20; the second wants 22. */
const INSPECTOR = '@modelcontextprotocol/inspector@1.0.3';

const { service, url } = gatewayForTests();
const fleet = await openFleet({ services: [consciousness, service] });
after(() => fleet.stop());

test('the Inspector’s command line lists the tools and calls one', async () => {
  // installed as the fleet installs servers: it is large, and nothing but this test wants it
  const { installer } = await openMcpHost({ dataDir: CACHE, log: fleet.gateway.log, clock: realClock });
  const { bin } = await installer.install(INSPECTOR);
  const inspect = (...args: string[]): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const command = [bin, '--cli', `${url()}/mcp`, '--transport', 'http', ...args];
      execFile(process.execPath, command, (error, out) => (error ? reject(error) : resolve(JSON.parse(out))));
    });
  const { tools } = (await inspect('--method', 'tools/list')) as { tools: { name: string }[] };
  assert.equal(tools.length, 14, 'those that read, and those that anyone may call');
  const status = (await inspect('--method', 'tools/call', '--tool-name', 'status')) as {
    structuredContent: { name: string };
  };
  assert.equal(status.structuredContent.name, 'vsm');
});
