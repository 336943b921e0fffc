import { createHash } from 'node:crypto';
import type { ServiceContext } from '@vsmcp/service';
import { isKey } from '@vsmcp/vsm';
import type { Settling } from './settling.js';

/** What is kept of a message that could not be read (bytes), and of its headers (characters of JSON). */
const KEPT_BYTES = 4096;
const KEPT_HEADERS = 4096;
/** How long (ms) holding one may take. */
const HOLDING = 30_000;

export interface Unreadable {
  /** What the publisher called it; made up where it has no name. */
  id: string;
  channel: string;
  key: string;
  reason: string;
  headers: Readonly<Record<string, unknown>>;
  content: Uint8Array;
}

/** Holds what could not be read as an event: dead, with the reason, its headers, its hash and its beginning. */
export async function holdUnreadable(context: ServiceContext, settling: Settling, message: Unreadable): Promise<void> {
  const { clock, ledger, instance, log } = context;
  const { id, channel, key, reason, content } = message;
  const type = isKey(key) ? key : 'unreadable';
  const event = { source: `unreadable:${channel}`, id, type };
  const name = { source: event.source, id, unit: '' };
  const claim = await ledger.claim({ ...name, type, holder: instance, deadline: clock.now() + HOLDING });
  if (claim.state === 'settled' || claim.state === 'taken') return;
  const { attempt } = claim;
  const record = { event, unit: '', outcome: 'dead' as const, reason, instance, attempts: attempt };
  const sha256 = createHash('sha256').update(content).digest('hex');
  const raw = Buffer.from(content.subarray(0, KEPT_BYTES)).toString('utf8');
  log.warn({ key, id, channel, bytes: content.length, sha256, reason }, 'held as dead: it cannot be read');
  await ledger.settle({
    ...name,
    ...{ attempt, outcome: 'dead', record, because: reason, unsaid: true },
    event: { raw, bytes: content.length, sha256, headers: bounded(message.headers) },
  });
  await settling.sayWritten(record, attempt);
}

function bounded(headers: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const size = JSON.stringify(headers)?.length ?? 0;
  return size <= KEPT_HEADERS
    ? { ...headers }
    : { cut: `headers of ${size} characters`, names: Object.keys(headers).slice(0, 50) };
}
