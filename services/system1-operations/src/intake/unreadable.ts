import { evidenceOf, type ServiceContext } from '@vsmcp/service';
import { isKey } from '@vsmcp/vsm';
import type { Settling } from '../settling/settling.js';

/** How long (ms) holding one may take. */
const HOLDING = 30_000;

export interface Unreadable {
  /** The publisher's name for it; made up where it has none. */
  id: string;
  channel: string;
  key: string;
  reason: string;
  headers: Readonly<Record<string, unknown>>;
  content: Uint8Array;
}

/**
 * Holds what could not be read as an event: dead, with the reason, its headers, its hash and its beginning.
 * @returns the instant (ms since the epoch) until which somebody else is holding it, if so: look again then
 */
export async function holdUnreadable(
  context: ServiceContext,
  settling: Settling,
  message: Unreadable,
): Promise<number | undefined> {
  const { clock, ledger, instance, log } = context;
  const { channel, key, reason, content, headers } = message;
  const evidence = evidenceOf(content, headers);
  const { bytes, sha256 } = evidence;
  const type = isKey(key) ? key : 'unreadable';
  const source = `unreadable:${channel}`;
  // Names are the publishers' and may clash: another message of the same name is held beside the first.
  for (const id of [message.id, `${message.id}:${sha256}`]) {
    const name = { source, id, unit: '' };
    const claim = await ledger.claim({ ...name, type, holder: instance, deadline: clock.now() + HOLDING });
    if (claim.state === 'taken') return claim.deadline;
    if (claim.state === 'settled') {
      if (isOf(claim.record, sha256)) return undefined;
      continue;
    }
    const { attempt } = claim;
    const event = { source, id, type };
    const record = { event, unit: '', outcome: 'dead' as const, reason, instance, attempts: attempt, sha256 };
    log.warn({ key, id, channel, bytes, sha256, reason }, 'held as dead: it cannot be read');
    await ledger.settle({ ...name, attempt, outcome: 'dead', record, because: reason, unsaid: true, event: evidence });
    await settling.sayWritten(record, attempt);
    return undefined;
  }
  return undefined;
}

/**
 * True when a record is of the message with this hash. A record without one was let go of, and says nothing any more.
 */
function isOf(record: unknown, sha256: string): boolean {
  return typeof record !== 'object' || record === null || !('sha256' in record) || record.sha256 === sha256;
}
