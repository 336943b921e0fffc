import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Order } from './publisher.js';
import type { How } from './publishing.js';

export interface PublisherProcess {
  /** Resolves once so many events are confirmed, with the processor time (µs) that the process took for them. */
  publish(events: number, how: How): Promise<number>;
  end(): Promise<void>;
}

/** One for all runs: what is measured is a publisher at work, not one that starts. */
export async function startPublisher(url: string, path: string): Promise<PublisherProcess> {
  const file = fileURLToPath(new URL('./publisher.ts', import.meta.url));
  const child = spawn(process.execPath, [...process.execArgv, file, url, path], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const exit = once(child, 'exit');
  const ended = exit.then(([code]): never => {
    throw new Error(`the publisher ended with ${code}`);
  });
  ended.catch(() => {});
  await Promise.race([once(child, 'message'), ended]);
  return {
    async publish(events, how) {
      const answer = once(child, 'message');
      child.send({ events, how } satisfies Order);
      const [cpu] = await Promise.race([answer, ended]);
      return Number(cpu);
    },
    async end() {
      child.disconnect();
      await exit;
    },
  };
}
