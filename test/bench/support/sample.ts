import { packFrame } from '@vsmcp/nervous-system';
import type { CloudEvent } from '@vsmcp/vsm';

/** An event as a meter would say it: about 250 bytes as JSON. */
export function reading(n: number, now: number): CloudEvent {
  return {
    specversion: '1.0',
    id: `reading-${n}`,
    source: '/meters/north',
    type: 'reading.taken',
    time: new Date(now).toISOString(),
    datacontenttype: 'application/json',
    data: { meter: n % 500, volts: 230 + (n % 100) / 10, amps: (n % 160) / 10, ok: true },
  };
}

const EVENTS = 1000;

export function sampleFrame(): { content: Uint8Array; key: string; events: number } {
  const events = Array.from({ length: EVENTS }, (_, n) => reading(n, 1_795_514_400_000 + (n >> 4)));
  return { content: packFrame(events), key: 'reading.taken', events: EVENTS };
}
