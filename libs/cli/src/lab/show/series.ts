import type { Minute } from '../observed.js';

/** A curve of a day, minute by minute; null where consciousness said nothing. */
export interface Series {
  name: string;
  unit: string;
  values: readonly (number | null)[];
}

export function seriesOf(minutes: readonly Minute[]): Series[] {
  const of = (name: string, unit: string, value: (minute: Minute) => number | null | undefined): Series => ({
    name,
    unit,
    values: minutes.map((minute) => value(minute) ?? null),
  });
  return [
    of('published', 'events a minute', ({ published }) => published),
    of('absorbed', 'events a minute', ({ absorbed }) => absorbed),
    of('waiting', 'events', ({ status }) => status?.variety.waiting.events),
    of('gap', 'kinds of events', ({ status }) => status?.variety.gap),
    of('pains', 'alerts', ({ status }) => status?.systems[5].alerts.length),
    of('viable', 'or not', ({ status }) => (status === undefined ? null : Number(status.viable))),
  ];
}

/** A series in at most `most` steps: the mean of each, null where it has none. */
export function thinned(values: readonly (number | null)[], most: number): (number | null)[] {
  const size = Math.max(1, Math.ceil(values.length / most));
  return Array.from({ length: Math.ceil(values.length / size) }, (_, i) => {
    const part = values.slice(i * size, (i + 1) * size).filter((value) => value !== null);
    return part.length === 0 ? null : part.reduce((sum, value) => sum + value, 0) / part.length;
  });
}

const BARS = '▁▂▃▄▅▆▇█';

/** A series on one line of at most `most` characters, from 0 to `top`; a space where nothing is known. */
export function sparkline(values: readonly (number | null)[], top: number, most = 60): string {
  return thinned(values, most)
    .map((value) => {
      if (value === null) return ' ';
      const bar = top <= 0 ? 0 : Math.round((Math.max(0, value) / top) * (BARS.length - 1));
      return BARS[Math.min(bar, BARS.length - 1)] ?? ' ';
    })
    .join('');
}

export const topOf = (...all: readonly (readonly (number | null)[])[]): number =>
  Math.max(0, ...all.flatMap((values) => thinned(values, 1000).filter((value) => value !== null)));
