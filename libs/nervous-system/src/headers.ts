/**
 * Headers of our own, on messages that travel a second time. They are trusted only where no outsider can have set them:
 * on what comes over the retry channel, and on the dead channel.
 */
export const HEADERS = {
  /** Channel on which the message was published first. */
  channel: 'vsmcp-channel',
  key: 'vsmcp-key',
  /** Counted retries so far. */
  attempts: 'vsmcp-attempts',
  /** Deliveries so far, for queues whose kind does not count them. */
  deliveries: 'vsmcp-deliveries',
  /** Finds a returned message among the unconfirmed. */
  serial: 'vsmcp-serial',
  /** On the dead channel: why it died, and in which queue (behind the path). */
  reason: 'vsmcp-reason',
  queue: 'vsmcp-queue',
  /** Signature of the member that sent it: see `signing/signer.ts`. */
  signature: 'vsmcp-signature',
} as const;

const OURS = new Set<string>([HEADERS.channel, HEADERS.key, HEADERS.attempts, HEADERS.deliveries, HEADERS.serial]);
const BROKERS = /^x-(death|first-death-|last-death-|delivery-count|acquired-count)/;

/** The headers as the publisher set them: without the broker's notes and ours. What the dead channel says is kept. */
export function plainHeaders(headers: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !OURS.has(name) && !BROKERS.test(name)));
}

export function textOf(headers: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
}

/** A count out of a header: a whole number from 0, or 0. */
export function countOf(headers: Readonly<Record<string, unknown>>, name: string): number {
  const value = headers[name];
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : 0;
}
