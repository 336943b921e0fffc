import assert from 'node:assert/strict';
import { type ConfirmChannel, connect, type Options } from 'amqplib';
import type { Outside } from './outside.js';
import { until } from './until.js';
import type { Up } from './up.js';

/** A held event as `GET /held` has it, as far as tests look. */
export interface Held {
  source: string;
  id: string;
  type: string;
  reason: string;
  because: string;
  event?: { raw?: string; bytes?: number; sha256?: string; headers?: Record<string, unknown>; data?: unknown };
}

/** An AMQP client that sends whatever it likes to the exchanges of a fleet. */
export interface Stranger {
  readonly channel: ConfirmChannel;
  send(exchange: string, key: string, content: Buffer | string, options?: Options.Publish): Promise<void>;
}

export async function openStranger(
  t: { after(fn: () => Promise<void>): void },
  url: string,
  path: string,
): Promise<Stranger> {
  const connection = await connect(url);
  const channel = await connection.createConfirmChannel();
  t.after(() => connection.close().catch(() => {})); // the test may have had the broker close it
  return {
    channel,
    send: (exchange, key, content, options = {}) =>
      new Promise((resolve, reject) => {
        channel.publish(`${path}.${exchange}`, key, Buffer.from(content), options, (error) =>
          error ? reject(error) : resolve(),
        );
      }),
  };
}

/** The held event that `fits`, once it is there. */
export async function heldEvent(up: Up, what: string, fits: (held: Held) => boolean): Promise<Held> {
  let seen: Held[] = [];
  const look = async () => {
    seen = (await up.get<{ held: Held[] }>('/held?limit=1000')).held;
    return seen.find(fits);
  };
  return until(look, { timeout: 20_000, what: `${what} is held` }).catch((error: Error) =>
    assert.fail(`${error.message}; held: ${JSON.stringify(seen.slice(-5)).slice(0, 2000)}`),
  );
}

const SERVICES = [
  'gateway',
  'consciousness',
  'system1-operations',
  'system2-coordination',
  'system3-control',
  'system4-intelligence',
  'system5-policy',
];

/**
 * Asserts that a fleet goes on: each call publishes one more event of `type`, waits until it has the outcome `good`,
 * and looks that every service is the process that it was in the beginning.
 */
export async function openWellness(up: Up, outside: Outside, type: string, good: string): Promise<() => Promise<void>> {
  const processes = async () => (await Promise.all(SERVICES.map((folder) => up.pids(folder)))).flat();
  const before = await processes();
  assert.equal(before.length, SERVICES.length);
  let events = 0;
  return async () => {
    const id = `well-${++events}`;
    await outside.publish(type, id, { said: id });
    await until(() => outside.outcomes.get(id)?.at(-1)?.outcome === good, {
      timeout: 30_000,
      what: `a good event is ${good}`,
    }).catch((error: Error) => assert.fail(`${error.message}: ${JSON.stringify(outside.outcomes.get(id))}`));
    assert.deepEqual(await processes(), before, `no service was started again:\n${up.output()}`);
  };
}
