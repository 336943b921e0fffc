import { AsyncResource } from 'node:async_hooks';

/**
 * Sends together what comes together: items of the same turn, and those that come while a batch is under way, share the
 * next one. Nothing waits for others to come. A batch is sent as part of what its first item is part of, such as a
 * trace.
 * @param most items in one batch
 * @returns takes an item; resolves when its batch is sent, rejects when that fails
 */
export function gather<T>(most: number, send: (items: readonly T[]) => Promise<void>): (item: T) => Promise<void> {
  let waiting: { item: T; send: typeof send; resolve: () => void; reject: (error: unknown) => void }[] = [];
  let sending = false;

  async function work(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, most);
      waiting = waiting.slice(most);
      try {
        await batch[0]?.send(batch.map(({ item }) => item));
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    sending = false;
  }

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, send: AsyncResource.bind(send), resolve, reject });
      if (sending) return;
      sending = true;
      queueMicrotask(() => void work());
    });
}
