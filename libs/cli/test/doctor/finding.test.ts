import assert from 'node:assert/strict';
import { test } from 'node:test';
import { broken, type Check, examine, exitCodeOf, none, ok, warning } from '../../src/doctor/finding.js';
import { render } from '../../src/doctor/render.js';

const check = (name: string, look: Check<string>['look'], more: Partial<Check<string>> = {}): Check<string> => ({
  name,
  patience: 5000,
  look,
  ...more,
});

test('checks run side by side, those that need the thread after them, and are told in their order', async () => {
  const order: string[] = [];
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const found = await examine(
    [
      check(
        'alone',
        async () => {
          order.push('alone');
          return [ok('a')];
        },
        { alone: true },
      ),
      check('first', async (situation) => {
        await released; // only the next one lets it go on
        order.push('first');
        return [ok(situation), none('n')];
      }),
      check('second', async () => {
        order.push('second');
        release();
        return [warning('w', 'm')];
      }),
    ],
    's',
  );
  assert.deepEqual(order, ['second', 'first', 'alone']);
  assert.deepEqual(
    found.map(({ check: name, what }) => `${name} ${what}`),
    ['alone a', 'first s', 'first n', 'second w'],
  );
});

test('a check that takes too long or fails is a finding, and is told to stop', async () => {
  let told: AbortSignal | undefined;
  const found = await examine(
    [
      check(
        'slow',
        (_, signal) => {
          told = signal;
          return new Promise(() => {});
        },
        { patience: 20 },
      ),
      check('fails', async () => {
        throw new Error('the disk is on fire');
      }),
    ],
    '',
  );
  assert.equal(told?.aborted, true);
  assert.deepEqual(
    found.map(({ state, what }) => [state, what]),
    [
      ['warning', 'not known within 0.02 s'],
      ['broken', 'the disk is on fire'],
    ],
  );
});

test('the exit code is 1 for what is broken, 3 for warnings alone', () => {
  assert.equal(exitCodeOf([ok('a'), none('b')]), 0);
  assert.equal(exitCodeOf([ok('a'), warning('b', 'm')]), 3);
  assert.equal(exitCodeOf([warning('a', 'm'), broken('b', 'm')]), 1);
});

test('each finding is a line with a mark, with its mend below', () => {
  const text = render([
    { check: 'node', ...ok('20') },
    { check: 'broker', ...broken('away\u001b[2J', 'start it') },
    { check: 'npm', ...warning('offline', 'connect') },
    { check: 'clock', ...none('none') },
  ]);
  assert.equal(
    text,
    [
      '✓ node    20',
      '✗ broker  away [2J',
      '          → start it',
      '✗ npm     warning: offline',
      '          → connect',
      '– clock   none',
      '',
      '1 broken, 1 warning',
    ].join('\n'),
  );
  assert.match(render([{ check: 'node', ...ok('20') }]), /All is well\.$/);
});
