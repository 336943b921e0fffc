import { SYSTEMS, VsmError } from '@vsmcp/vsm';
import type { Definitions } from './definitions.js';
import { isExchangeOf } from './differences.js';
import type { Management, QueueState } from './management.js';

/** A fleet's part of a broker, and the reasons against its removal. */
export interface Removal {
  exchanges: string[];
  queues: string[];
  /** Queues that somebody listens to: the fleet runs. */
  used: string[];
  /** Queues with messages, which would be lost. */
  filled: Pick<QueueState, 'name' | 'messages'>[];
}

/** @returns what belongs to the fleet at `path`; fleets nested in it and queues of subscribers are others' */
export function removalOf(path: string, vhost: string, found: Definitions, queues: readonly QueueState[]): Removal {
  const ours = new RegExp(`^${path.replaceAll('.', '\\.')}\\.(retry\\.[^.]+\\.)?(${SYSTEMS.join('|')})\\.`);
  const mine = queues.filter(({ name }) => ours.test(name));
  return {
    exchanges: found.exchanges
      .filter((exchange) => exchange.vhost === vhost && isExchangeOf(path)(exchange))
      .map(({ name }) => name),
    queues: mine.map(({ name }) => name),
    used: mine.filter(({ consumers }) => consumers > 0).map(({ name }) => name),
    filled: mine.filter(({ messages }) => messages > 0).map(({ name, messages }) => ({ name, messages })),
  };
}

/** @throws VSM_REFUSED while the fleet runs, or while messages wait unless they may be lost */
export function mayBeRemoved({ used, filled }: Removal, withMessages: boolean): void {
  if (used.length > 0) {
    throw new VsmError('VSM_REFUSED', `somebody listens to ${some(used)}: stop the fleet first, then delete`);
  }
  if (filled.length === 0 || withMessages) return;
  const waiting = filled.map(({ name, messages }) => `${name} (${messages})`);
  throw new VsmError(
    'VSM_REFUSED',
    `messages wait in ${some(waiting)}: start the fleet to have them handled, or lose them with --with-messages`,
  );
}

/** Queues go last to first and then the exchanges, so that an interrupted removal can be made again. */
export async function remove(broker: Management, vhost: string, { exchanges, queues }: Removal): Promise<void> {
  for (const name of queues) await broker.remove('queue', vhost, name);
  for (const name of exchanges) await broker.remove('exchange', vhost, name);
}

function some(names: readonly string[]): string {
  const shown = names.slice(0, 3).join(', ');
  return names.length > 3 ? `${shown} and ${names.length - 3} more` : shown;
}
