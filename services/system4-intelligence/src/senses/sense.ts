import type { Clock } from '@vsmcp/vsm';

/**
 * A finding of a sense. `id` is the same each time the same thing is found, so that a restart neither loses nor repeats
 * it.
 */
export interface Sensed {
  source: string;
  id: string;
  type: string;
  data: Record<string, unknown>;
}

/** Says an event to the environment; rejects when it is not safe, and then it is said again at the next look. */
export type Tell = (sensed: Sensed) => Promise<void>;

/** Senses trouble in a sense itself: once per text. */
export type Trouble = (text: string, error?: unknown) => void;

/**
 * Looks every `ms` milliseconds, one look after another, the first at once. `stop` waits for the look that is under
 * way. A look that fails is reported and does not end the looking.
 */
export function looking(clock: Clock, ms: number, look: () => Promise<void>, trouble: Trouble) {
  let stopped = false;
  let cancel = () => {};
  let last: Promise<void> = Promise.resolve();
  const next = () => {
    last = look()
      .catch((error: unknown) => trouble('this sense cannot look', error))
      .then(() => {
        if (!stopped) cancel = clock.after(ms, next);
      });
  };
  next();
  return async () => {
    stopped = true;
    cancel();
    await last;
  };
}
