import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { Service } from '@vsmcp/service';
import { VsmError } from '@vsmcp/vsm';
import { openFleet } from '../../../test/support/fleet.js';
import { gatewayForTests } from './support.js';

/** A replica that answers `test` alone; the server runs on the one that is told so. */
function replica(runsAt: () => string | undefined): Service {
  return {
    system: 's1',
    async start(context) {
      const { instance } = context;
      const listening = await context.answer({
        async test({ server }) {
          if (server !== 'memory')
            throw new VsmError('VSM_NOT_FOUND', `there is no server ${server}: there are memory`);
          const place = runsAt();
          if (place === undefined || place === instance) return { server, instance, ok: true, tools: ['t'] };
          return { server, instance, ok: false, elsewhere: place, tools: [] };
        },
      });
      return () => listening.stop();
    },
  };
}

const { service, call } = gatewayForTests();
const there = replica(() => undefined);
const here = replica(() => fleet.context(there).instance);
const fleet = await openFleet({ services: [here, there, service] });
after(() => fleet.stop());

test('GET /capabilities/:server/test asks the replica that runs the server, whichever answers first', async () => {
  for (let i = 0; i < 4; i++) {
    const { status, body } = await call('GET', '/capabilities/memory/test');
    assert.equal(status, 200);
    assert.deepEqual(body, { server: 'memory', instance: fleet.context(there).instance, ok: true, tools: ['t'] });
  }
  const unknown = await call('GET', '/capabilities/nobody/test');
  assert.equal(unknown.status, 404);
  assert.equal(unknown.body.message, 'there is no server nobody: there are memory');
});
