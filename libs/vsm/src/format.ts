/** Figures as people read them, in one form wherever the fleet speaks: reasons, evidence, tables and logs. */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `1 event`, `2 events`; `many` where the plural is another word or phrase. */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`;
}

/** `73 %`, rounded, but `100 %` for the whole only; `–` (null) where nothing happened that it could be a share of. */
export function percent(share: number | null): string {
  if (share === null) return '–';
  const rounded = Math.round(share * 100);
  return `${share < 1 ? Math.min(rounded, 99) : rounded} %`;
}

/**
 * `150 ms`, `5.2 s`, `12 min`, `3 h`, `2 d`: to a tenth below ten, whole from there on. @param ms below 0 counts as 0
 */
export function duration(ms: number): string {
  if (!(ms > 0)) return '0 s';
  if (Math.round(ms) < SECOND) return `${Math.round(ms)} ms`;
  if (ms < 2 * MINUTE) return `${figure(ms / SECOND)} s`;
  if (ms < 2 * HOUR) return `${figure(ms / MINUTE)} min`;
  return ms < 2 * DAY ? `${figure(ms / HOUR)} h` : `${figure(ms / DAY)} d`;
}

/** The time since then as a duration of whole seconds. @param at, now ms since the epoch */
export function ago(at: number, now: number): string {
  return duration(Math.round((now - at) / SECOND) * SECOND);
}

/** The first few, and how many more there are: `a, b and 3 more`. */
export function some(items: readonly string[], most: number): string {
  const more = items.length - most;
  return more > 0 ? `${items.slice(0, most).join(', ')} and ${more} more` : items.join(', ');
}

function figure(n: number): string {
  return n < 10 ? String(Math.round(n * 10) / 10) : String(Math.round(n));
}
