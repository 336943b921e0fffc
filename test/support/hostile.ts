import assert from 'node:assert/strict';
import { type ConfirmChannel, connect, type Options } from 'amqplib';
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

/** The one held event that `fits`, once it is there. */
export function heldEvent(up: Up, reason: string, what: string, fits: (held: Held) => boolean): Promise<Held> {
  let seen: Held[] = [];
  return until(
    async () => {
      seen = (await up.get<{ held: Held[] }>(`/held?reason=${reason}&limit=1000`)).held;
      return seen.find(fits);
    },
    { timeout: 20_000, what: `${what} is held` },
  ).catch((error: Error) => assert.fail(`${error.message}; held: ${JSON.stringify(seen.slice(-5)).slice(0, 2000)}`));
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

/** Process ids of all services, to see that none of them had to be started again. */
export async function processesOf(up: Up): Promise<number[]> {
  return (await Promise.all(SERVICES.map((folder) => up.pids(folder)))).flat();
}
