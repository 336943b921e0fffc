import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SystemView } from '@vsmcp/vsm';
import { freePort } from '../support/ports.js';
import { until } from '../support/until.js';
import { startUp } from '../support/up.js';

interface Tree {
  units: Record<string, SystemView>;
}

describe('vsmcp up with fleets in files of their own', () => {
  it('runs them in one process, shows the tree, and each has its own state and gateway', {
    timeout: 120_000,
  }, async (t) => {
    const port = await freePort();
    const up = await startUp(t, {
      config: `name: top\nunits:\n  west: { absorbs: shop.#, system: ./fleets/west.yaml, gateway: ${port} }\n`,
      files: {
        'fleets/west.yaml': `name: west\nunits:\n  counter: { responses: { shop.counter: noted } }\n  north: { absorbs: shop.north.#, system: ./north.yaml }\n`,
        'fleets/north.yaml': 'name: north\nunits:\n  till: { responses: { shop.north.sale: noted } }\n',
      },
    });
    assert.match(up.output(), /3 fleets: vsm\.west\.north, vsm\.west, vsm/);
    for (const [id, type] of [
      ['a', 'shop.counter'],
      ['b', 'shop.north.sale'],
    ]) {
      await up.post('/events', { id, source: '/test', type, data: {} });
    }
    const noted = async (url: string) => {
      const account = (await (await fetch(`${url}/account`)).json()) as { outcomes: { noted?: number } };
      return account.outcomes.noted ?? 0;
    };
    await until(async () => (await noted(up.url)) === 2, { timeout: 30_000, what: 'both are noted on top' });
    assert.equal(await noted(`http://127.0.0.1:${port}`), 2, 'the fleet below has a ledger of its own');

    const reported = async () => {
      const { stdout } = await up.vsmcp('status', '--recursive', '--json');
      const { units } = JSON.parse(stdout) as Tree;
      return units.west?.report?.units.north?.report ? units : undefined;
    };
    const units = await until(reported, { timeout: 30_000, what: 'both have reported' });
    assert.equal(units.west?.path, 'vsm.west');
    const { stdout } = await up.vsmcp('status', '--recursive');
    assert.match(stdout, /^west +vsm\.west +yes /m);
    assert.match(stdout, /^ {2}north +vsm\.west\.north +yes /m);
    assert.match((await up.vsmcp('units')).stdout, /^west +shop\.# +goes down to vsm\.west$/m);
    assert.equal(await up.stop(), 0, up.output());
  });
});
