import assert from 'node:assert/strict';
import { test } from 'node:test';
import { manualClock } from '@vsmcp/service';
import { type Child, type End, type Running, Supervisor } from '../../src/up/supervisor.js';

const policy = { most: 2, within: 30_000, first: 100, longest: 1000 };

/** A child in this process whose end the test decides. */
function child(name: string, log: string[], failStarts = 0): Child & { end: (reason: string) => void } {
  let end: (reason: string) => void = () => {};
  let starts = 0;
  return {
    name,
    end: (reason) => end(reason),
    async start(): Promise<Running> {
      starts += 1;
      log.push(`${name} start`);
      if (starts <= failStarts) throw new Error('no database');
      const ended = new Promise<End>((resolve) => {
        end = (how) => resolve({ how });
      });
      return {
        ended,
        stop: async () => void log.push(`${name} stop`),
        kill: () => void log.push(`${name} kill`),
      };
    },
  };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

test('children start in order, stop in the reverse order, and are not started again then', async () => {
  const log: string[] = [];
  const [a, b] = [child('a', log), child('b', log)];
  const supervisor = new Supervisor([a, b], { clock: manualClock(), say: () => {}, policy });
  await supervisor.start();
  await supervisor.stop(10_000);
  a.end('stopped');
  await settle();
  assert.deepEqual(log, ['a start', 'b start', 'b stop', 'a stop']);
});

test('a child that ends, or does not start, is started again after a wait', async () => {
  const log: string[] = [];
  const said: string[] = [];
  const clock = manualClock();
  const a = child('a', log, 1);
  const supervisor = new Supervisor([a], { clock, say: (text) => said.push(text), policy });
  const started = supervisor.start();
  await settle();
  await clock.advance(100);
  await started;
  assert.deepEqual(log, ['a start', 'a start']);
  a.end('exit code 3');
  await settle();
  await clock.advance(200);
  assert.deepEqual(log, ['a start', 'a start', 'a start']);
  assert.deepEqual(said, [
    'a ended: no database; starting it again in 100 ms',
    'a ended: exit code 3; starting it again in 200 ms',
  ]);
  await supervisor.stop(10_000);
});

test('a child that keeps failing is given up, loudly', async () => {
  const clock = manualClock();
  const supervisor = new Supervisor([child('a', [], 99)], { clock, say: () => {}, policy });
  const started = supervisor.start();
  started.catch(() => {});
  for (let i = 0; i < 3; i++) {
    await settle();
    await clock.advance(1000);
  }
  await assert.rejects(started, /no database/);
  assert.equal(await supervisor.gaveUp, 'a failed 3 times within 30 s and is given up: no database');
});
