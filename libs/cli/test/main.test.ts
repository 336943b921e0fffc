import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { describe, test } from 'node:test';
import { typed } from '../src/typed.js';
import { vsmcp } from './vsmcp.js';

/** A port that nobody listens on. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 1;
}

describe('the vsmcp command', { concurrency: 2 }, () => {
  test('help names every command and shows examples', async () => {
    const { code, out } = await vsmcp(['--help']);
    assert.equal(code, 0);
    for (const name of [
      'up',
      'status',
      'variety',
      'units',
      'capabilities',
      'operations',
      'events',
      'held',
      'journal',
      'decisions',
      'algedonic',
      'doctor',
      'init',
      'import',
      'validate',
    ]) {
      assert.match(out, new RegExp(`^ {2}${name}\\b`, 'm'));
    }
    const held = await vsmcp(['held', 'list', '--help']);
    assert.equal(held.code, 0);
    assert.match(held.out, /Examples:\n {2}vsmcp held list/);
  });

  for (const [why, args, says] of [
    ['an unknown command', ['capabilitys'], /unknown command 'capabilitys'/],
    ['an unknown option', ['status', '--yaml'], /unknown option '--yaml'/],
    ['a missing argument', ['operations', 'run'], /missing required argument/],
    [
      'a reason that does not exist',
      ['held', 'list', '--reason', 'bored'],
      /Allowed choices are parked, dead, doubt, asked/,
    ],
    ['parameters that are no JSON', ['operations', 'run', 'a.b', '--params', '{'], /--params must be JSON/],
    ['letting go without a reason', ['held', 'discard', '--type', 'a'], /--because/],
    ['letting go of everything by accident', ['held', 'discard', '--because', 'x'], /--all/],
    ['an event type that is none', ['events', 'publish', 'Not A Type'], /is not an event type/],
    ['nothing to acquire', ['capabilities', 'acquire'], /name what to acquire/],
    ['processes without a broker', ['up', '--processes'], /--processes needs a broker/],
    ['replicas in one process', ['up', '--replicas', 'gateway=2'], /--replicas needs --processes/],
    ['replicas that are no number', ['up', '--processes', '--replicas', 'x'], /such as system1-operations=2/],
  ] as const) {
    test(`${why} is wrong usage`, async () => {
      const { code, err } = await vsmcp(args, { VSMCP_AMQP_URL: '' });
      assert.match(err, says);
      assert.equal(code, 64);
    });
  }

  test('a command without a fleet says so, and how to get one', async () => {
    const port = await freePort();
    for (const args of [['status'], ['held', 'list', '--json'], ['decisions', 'approve']]) {
      const { code, err, out } = await vsmcp(args, { VSMCP_URL: `http://127.0.0.1:${port}` });
      assert.equal(
        err,
        `vsmcp: no fleet answers at http://127.0.0.1:${port}; start one with \`${typed('up')}\`, or set VSMCP_URL to where one runs\n`,
      );
      assert.equal(out, '');
      assert.equal(code, 1);
    }
  });

  test('a configuration that is not there, or not right, says which and why', async () => {
    const missing = await vsmcp(['up', '--config', '/nowhere/vsmcp.yaml']);
    assert.match(missing.err, /there is no \/nowhere\/vsmcp\.yaml/);
    assert.equal(missing.code, 1);
  });
});
