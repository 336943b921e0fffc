import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FleetConfig } from '@vsmcp/service';
import { systemsOf } from '../../src/recursion/systems.js';
import { signalsOf } from '../../src/recursion/waiting.js';

const west = { unit: 'west', path: 'vsm.west', wait: 10_000 };
const late = { unit: 'west', events: 3, since: 1000 };
const brief = (signals: ReturnType<typeof signalsOf>) => signals.map(({ alert, severity }) => `${severity} ${alert}`);

test('what waits too long hurts once, and its end is told once', () => {
  assert.deepEqual(brief(signalsOf([west], [late], new Set(), 12_000)), ['pain waits:west']);
  assert.deepEqual(signalsOf([west], [late], new Set(), 12_000)[0]?.since, 11_000, 'since its time was over');
  assert.deepEqual(brief(signalsOf([west], [late], new Set(['west']), 13_000)), []);
  assert.deepEqual(brief(signalsOf([west], [], new Set(['west']), 14_000)), ['pleasure waits:west']);
  assert.deepEqual(brief(signalsOf([west], [], new Set(), 15_000)), []);
});

test('after a restart it is not known what was said: both are said again', () => {
  const east = { ...west, unit: 'east' };
  assert.deepEqual(brief(signalsOf([west, east], [late], undefined, 1)), ['pain waits:west', 'pleasure waits:east']);
});

test('systems are known by file, path or broker; a broker and a cookie may stand in the environment', () => {
  const config = FleetConfig.parse({
    path: 'vsm.a',
    units: {
      desk: { absorbs: 'file.#' },
      west: { system: './w.yaml', absorbs: 'w.#', wait: '5s' },
      east: {
        system: { path: 'vsm.east', broker: { from: 'EAST' }, cookie: { from: 'EAST_COOKIE' } },
        absorbs: ['e.#', 'f.*'],
      },
    },
  });
  const east = { unit: 'east', absorbs: ['e.#', 'f.*'], wait: 600_000, path: 'vsm.east' };
  assert.deepEqual(systemsOf(config, { EAST: 'amqp://u:p@east/v', EAST_COOKIE: 'new, old' }), [
    { unit: 'west', absorbs: ['w.#'], wait: 5000, path: 'vsm.a.west' },
    { ...east, broker: 'amqp://u:p@east/v', cookie: ['new', 'old'] },
  ]);
  assert.throws(
    () => systemsOf(config, { EAST: 'amqp://east', EAST_COOKIE: ' ' }),
    /EAST_COOKIE is not set: .*VSMCP_COOKIE/,
  );
  assert.throws(() => systemsOf(config, {}), /EAST is not set: the broker of unit east stands there/);
  assert.throws(() => systemsOf(config, { EAST: 'http://x' }), /EAST is no URL such as amqp/);
});
