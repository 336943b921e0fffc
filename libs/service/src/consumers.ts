import type { Consumer } from '@vsmcp/nervous-system';

/**
 * Starts consumers together, as one. When one cannot start, those that did are stopped again and its reason is thrown.
 */
export async function consumers(starting: readonly Promise<Consumer>[]): Promise<Consumer> {
  const results = await Promise.allSettled(starting);
  const started = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const together = {
    async stop() {
      await Promise.all(started.map((consumer) => consumer.stop()));
    },
  };
  const failed = results.find((result) => result.status === 'rejected');
  if (!failed) return together;
  await together.stop();
  throw failed.reason;
}
