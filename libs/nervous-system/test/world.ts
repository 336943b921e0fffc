import { randomUUID } from 'node:crypto';
import type { BusLog, Delivery, NervousSystem, Outgoing, Signer, Subscription } from '@vsmcp/nervous-system';
import { type Clock, type Party, QUEUES, type QueueName } from '@vsmcp/vsm';

/** A transport under test: one fleet, whose members are closed and whose queues are emptied after each test. */
export interface World {
  readonly path: string;
  /** @param signer of a member; without one it signs nothing and hears everything */
  join(party: Party, instance?: string, signer?: Signer): Promise<NervousSystem>;
  clean(): Promise<void>;
  end(): Promise<void>;
}

export const clock: Clock = {
  now: () => Date.now(),
  after: (ms, task) => {
    const timer = setTimeout(task, ms);
    return () => clearTimeout(timer);
  },
  every: (ms, task) => {
    const timer = setInterval(task, ms);
    return () => clearInterval(timer);
  },
};
export const ids = (): string => randomUUID();
export const silent: BusLog = { info: () => {}, warn: () => {}, error: () => {} };

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
export const textOf = (delivery: Delivery): string => new TextDecoder().decode(delivery.content);

export function message(channel: Outgoing['channel'], key: string, text = ''): Outgoing {
  return { channel, key, content: bytes(text), contentType: 'text/plain' };
}

export function durable(name: QueueName, prefetch = 10): Subscription {
  return { queue: { name, durable: QUEUES[name] }, prefetch };
}

export function own(channel: Outgoing['channel'], bind: readonly string[], prefetch = 10): Subscription {
  return { queue: { own: true, channel, bind }, prefetch };
}

/** Resolves when `holds` does; the test runner's timeout is the only clock. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** A promise that the test resolves. */
export function gate(): { opened: Promise<void>; open: () => void } {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
