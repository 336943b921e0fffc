import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { describe, it } from 'node:test';
import { openOutside } from '../support/outside.js';
import { servePackages } from '../support/packages.js';
import { brokerUrl, hasBroker } from '../support/rabbitmq.js';
import { until } from '../support/until.js';
import { descendantsOf, startUp } from '../support/up.js';

const PATH = `neighbours-${process.pid}`;
/** Events of the healthy unit, one after the other, with the bad neighbours and without. */
const SAMPLE = 40;
/** Events of each bad neighbour at once: many times what its unit may run. */
const FLOOD = 200;
const QUEUE = 30;
/** A healthy event that waited for a bad neighbour would take a second or more instead of some milliseconds. */
const MOST_TIMES_SLOWER = 10;

const server = (name: string) => `  ${name}: { npm: "@fixture/unruly@1.0.0", args: [fine] }`;
const unit = (name: string, tool: string, more = '') =>
  `  ${name}: { responses: { do.${name}: { call: ${name}.${tool}, retries: 0, with: { said: =event.id } } }, ${more} }`;

const CONFIG = `
name: neighbours
path: ${PATH}
servers:
${['healthy', 'hanging', 'failing', 'slow'].map(server).join('\n')}
units:
${unit('healthy', 'echo')}
${unit('hanging', 'hang', `deadline: 3s, queue: ${QUEUE}`)}
${unit('failing', 'half', 'breaker: off')}
${unit('slow', 'slow')}
settings: { drain: 6s, max_concurrent_operations: 20, amqp_prefetch_count: 20 }
`;

describe('a unit whose server hangs and one whose server fails half its calls', async () => {
  const skip = !(await hasBroker()) && 'no RabbitMQ on this machine';
  it('slow no other; one that hangs is left alone, what it cannot take is shed', {
    skip,
    timeout: 180_000,
  }, async (t) => {
    const url = await brokerUrl();
    const { env } = await servePackages(t, 'unruly');
    const up = await startUp(t, { config: CONFIG, broker: url, env });
    const outside = await openOutside(t, url, PATH);
    const fate = (id: string, timeout = 60_000) =>
      until(() => outside.outcomes.get(id)?.at(-1), { timeout, what: `an outcome of ${id}` });
    const answered = async (type: string, id: string) => {
      await outside.publish(type, id, {});
      const { outcome, reason } = await until(() => outside.outcomes.get(id)?.find((one) => one.outcome !== 'parked'), {
        timeout: 60_000,
        what: `${id} is answered`,
      });
      assert.equal(outcome, 'answered', reason);
    };
    await answered('do.healthy', 'warm');
    await answered('do.slow', 'warm-slow');

    /** Milliseconds of each of some healthy events, from publishing to the outcome. */
    const latencies = async (when: string): Promise<number[]> => {
      const took: number[] = [];
      for (let n = 0; n < SAMPLE; n++) {
        const began = performance.now();
        await answered('do.healthy', `${when}-${n}`);
        took.push(performance.now() - began);
      }
      return took.sort((a, b) => a - b);
    };
    const middle = (took: readonly number[]) => took[Math.floor(took.length / 2)] ?? Number.NaN;
    const alone = await latencies('alone');
    await Promise.all(
      Array.from({ length: FLOOD }, async (_, n) => {
        await outside.publish('do.hanging', `hanging-${n}`, {});
        await outside.publish('do.failing', `failing-${n}`, {});
      }),
    );
    const beside = await latencies('beside');
    const ratio = middle(beside) / middle(alone);
    t.diagnostic(
      `median ${middle(alone).toFixed(1)} ms alone, ${middle(beside).toFixed(1)} ms beside: ${ratio.toFixed(2)} times`,
    );
    assert.ok(ratio < MOST_TIMES_SLOWER, `${ratio} times slower`);

    await t.test('the one that fails half its calls: each event ends by its own call', async () => {
      const ends = await Promise.all(
        Array.from({ length: FLOOD }, async (_, n) => (await fate(`failing-${n}`)).outcome),
      );
      const dead = ends.filter((end) => end === 'dead').length;
      assert.equal(ends.filter((end) => end === 'answered').length + dead, FLOOD);
      assert.equal(dead, FLOOD / 2);
    });

    await t.test('the one that hangs: its breaker opens, and what its queue does not hold is shed', async () => {
      const { units } = await until(
        async () => {
          const shown = await up.get<{ units: { breakers: { tool: string; state: string }[] }[] }>('/units/hanging');
          return shown.units[0]?.breakers.some(({ state }) => state !== 'closed') && shown;
        },
        { timeout: 30_000, what: 'the breaker opens' },
      );
      assert.equal(units[0]?.breakers[0]?.tool, 'hanging.hang');
      const shed = () => Array.from({ length: FLOOD }, (_, n) => outside.outcomes.get(`hanging-${n}`)?.at(-1)?.outcome);
      await until(() => shed().filter((end) => end === 'shed').length >= FLOOD - QUEUE - 40, {
        timeout: 30_000,
        what: 'what is too much is shed',
      });
      const { outcomes } = await up.get<{ outcomes: Record<string, number> }>('/account');
      assert.ok((outcomes.shed ?? 0) >= FLOOD - QUEUE - 40);
    });

    await t.test('SIGTERM: what runs is finished, no server is left, and another goes on', async () => {
      const [pid = 0] = await up.pids('system1-operations');
      const servers = await descendantsOf(pid, 'unruly');
      assert.ok(servers.length >= 4, `the servers run: ${servers}`);
      await outside.publish('do.slow', 'last', {});
      await until(
        async () => {
          const shown = await up.get<{ units: { running: number }[] }>('/units/slow');
          return shown.units[0]?.running === 1;
        },
        { what: 'the slow call is under way' },
      );
      process.kill(pid, 'SIGTERM');
      await until(() => !existsSync(`/proc/${pid}`), { timeout: 30_000, what: 'the process ends' });
      const ends = await fate('last', 1000);
      assert.equal(ends.outcome, 'answered');
      await until(() => servers.every((one) => !existsSync(`/proc/${one}`)), {
        timeout: 2000,
        what: 'its servers are gone',
      });
      await answered('do.healthy', 'after');
      assert.equal(outside.outcomes.get('last')?.length, 1, 'it was not done again');
    });
    await outside.close();
    assert.equal(await up.stop(), 0);
  });
});
