import { channel } from 'node:diagnostics_channel';
import { isDataError } from '../database/failure.js';

/** The diagnostics channel on which each group says its size, for whoever measures. */
export const GROUPS = 'vsmcp:group';

export interface Group {
  statement: string;
  rows: number;
}

export function isGroup(message: unknown): message is Group {
  return typeof message === 'object' && message !== null && 'statement' in message && 'rows' in message;
}

const groups = channel(GROUPS);

export interface GroupOptions<I, O> {
  /** The statement's deed, in a word. */
  statement: string;
  /** Two items of one key never share a statement: the later one waits for the next, so that order holds. */
  key?: (item: I) => string;
  /** One statement for all of them; answers in their order. `undefined` asks for the item to be tried again. */
  run: (items: readonly I[]) => Promise<readonly (O | undefined)[]>;
  /** Most items in one statement. */
  most: number;
}

interface Waiter<I, O> {
  item: I;
  resolve: (answer: O) => void;
  reject: (error: unknown) => void;
}

/**
 * Group commit: what is asked for in the same turn, or while a statement is under way, shares the next statement. A
 * batch that fails over its data is repeated one by one, so that a poisonous item spoils only itself.
 */
export function group<I, O>(options: GroupOptions<I, O>): (item: I) => Promise<O> {
  let waiting: Waiter<I, O>[] = [];
  let running = false;

  async function work(): Promise<void> {
    while (waiting.length > 0) {
      const { now, later } = split(waiting, options.key, options.most);
      waiting = later;
      if (groups.hasSubscribers) groups.publish({ statement: options.statement, rows: now.length });
      const again = await attempt(options.run, now);
      if (again.length > 0) waiting = [...again, ...waiting];
    }
    running = false;
  }

  return (item) =>
    new Promise<O>((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      if (running) return;
      running = true;
      setImmediate(() => void work());
    });
}

function split<I, O>(waiting: readonly Waiter<I, O>[], key: GroupOptions<I, O>['key'], most: number) {
  const now: Waiter<I, O>[] = [];
  const later: Waiter<I, O>[] = [];
  const keys = new Set<string>();
  for (const waiter of waiting) {
    const name = key?.(waiter.item);
    if (now.length < most && !(name !== undefined && keys.has(name))) now.push(waiter);
    else later.push(waiter);
    if (name !== undefined) keys.add(name);
  }
  return { now, later };
}

/** Never rejects; returns who must be tried again. */
async function attempt<I, O>(run: GroupOptions<I, O>['run'], batch: readonly Waiter<I, O>[]): Promise<Waiter<I, O>[]> {
  try {
    const answers = await run(batch.map((waiter) => waiter.item));
    const again: Waiter<I, O>[] = [];
    for (const [i, waiter] of batch.entries()) {
      const answer = answers[i];
      if (answer === undefined) again.push(waiter);
      else waiter.resolve(answer);
    }
    return again;
  } catch (error) {
    if (batch.length > 1 && isDataError(error)) {
      const again = await Promise.all(batch.map((waiter) => attempt(run, [waiter])));
      return again.flat();
    }
    for (const waiter of batch) waiter.reject(error);
    return [];
  }
}
