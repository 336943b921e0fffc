import { randomUUID } from 'node:crypto';
import {
  DONE,
  type Member,
  type NervousSystem,
  type Outgoing,
  openMemoryBroker,
  openSigner,
  type Signer,
} from '@vsmcp/nervous-system';
import { realClock } from '@vsmcp/service';
import type { Figure } from './support/report.js';

const MESSAGES = 20_000;
const BYTES = 256;
const RUNS = 9;

/**
 * The cost of signing: reports published by one member and heard by another in this process, signed and not, in turns;
 * and a signature and its check alone.
 */
export async function signing(): Promise<Figure[]> {
  const signer = openSigner(['a secret of the fleet, not too short']);
  const content = Buffer.alloc(BYTES, 'x');
  const message: Outgoing = { channel: 'report', key: 's1.bench.load', content, contentType: 'text/plain', id: 'b' };
  const plain: number[] = [];
  const signed: number[] = [];
  const alone: number[] = [];
  for (let run = -1; run < RUNS; run++) {
    const [before, after] = [await carried(message), await carried(message, signer)];
    const checks = checked(signer, message);
    if (run < 0) continue; // warm
    plain.push(before);
    signed.push(after);
    alone.push(checks);
  }
  const size = `${BYTES} bytes`;
  return [
    { what: `${size}, in memory, published and heard, unsigned`, unit: 'messages/s', values: plain },
    { what: `${size}, in memory, published and heard, signed`, unit: 'messages/s', values: signed },
    { what: 'signed over unsigned', unit: '×', values: signed.map((rate, run) => rate / (plain[run] ?? Number.NaN)) },
    { what: `${size}, signed and checked, nothing else`, unit: 'messages/s', values: alone },
  ];
}

/** @returns messages a second */
async function carried(message: Outgoing, signer?: Signer): Promise<number> {
  const broker = openMemoryBroker({ clock: realClock, ids: randomUUID });
  const log = { info: () => {}, warn: () => {}, error: () => {} };
  const join = (party: Member['party']): NervousSystem =>
    broker.connect({ path: 'bench', party, instance: `${party}-bench`, log, signer });
  const s1 = join('s1');
  let heard = 0;
  let all = () => {};
  const arrived = new Promise<void>((resolve) => {
    all = resolve;
  });
  await join('s5').subscribe({ queue: { own: true, channel: 'report', bind: ['#'] }, prefetch: 250 }, async () => {
    if (++heard === MESSAGES) all();
    return DONE;
  });
  const began = performance.now();
  for (let sent = 0; sent < MESSAGES; sent++) {
    // no more under way than the queue keeps
    if (sent % 1000 === 0) while (sent - heard > 5000) await new Promise((resolve) => setImmediate(resolve));
    await s1.publish(message);
  }
  await arrived;
  const seconds = (performance.now() - began) / 1000;
  broker.close();
  return MESSAGES / seconds;
}

/** @returns messages a second */
function checked(signer: Signer, message: Outgoing): number {
  const one = { ...message, attempts: 0, appId: 's1-bench', headers: {} };
  const began = performance.now();
  for (let n = 0; n < MESSAGES; n++) {
    const headers = { 'vsmcp-signature': signer.sign('bench', 'report', one) };
    if (!signer.verify('bench', 'report', { ...one, headers })) throw new Error('a signature does not hold');
  }
  return MESSAGES / ((performance.now() - began) / 1000);
}
