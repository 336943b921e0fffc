import { Failure } from './failure.js';

/** Fixed offsets: `+11:00`, `-02:30`, and `02:00` for east. */
const FIXED = /^([+-]?)(\d\d):(\d\d)$/;
/** Zones whose formatters are kept; there are some 600. */
const MOST_KEPT = 1000;
const formatters = new Map<string, Intl.DateTimeFormat>();

/**
 * The instant whose UTC clock shows what a clock of the zone shows.
 * @param zone a name of the IANA time zone database, or a fixed offset
 * @throws Failure naming a zone that does not exist
 */
export function inZone(at: Date, zone: string): Date {
  const [, sign, hours, minutes] = FIXED.exec(zone) ?? [];
  if (hours !== undefined) {
    const offset = (Number(hours) * 60 + Number(minutes)) * 60_000;
    return new Date(at.getTime() + (sign === '-' ? -offset : offset));
  }
  const part = new Map(
    formatterOf(zone)
      .formatToParts(at)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const shown = new Date(0);
  shown.setUTCFullYear(part.get('year') ?? 0, (part.get('month') ?? 1) - 1, part.get('day') ?? 1);
  shown.setUTCHours(part.get('hour') ?? 0, part.get('minute') ?? 0, part.get('second') ?? 0, at.getUTCMilliseconds());
  return shown;
}

function formatterOf(zone: string): Intl.DateTimeFormat {
  const kept = formatters.get(zone);
  if (kept) return kept;
  try {
    const numeric = 'numeric' as const;
    const made = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: numeric,
      month: numeric,
      day: numeric,
      hour: numeric,
      minute: numeric,
      second: numeric,
    });
    if (formatters.size >= MOST_KEPT) formatters.clear();
    formatters.set(zone, made);
    return made;
  } catch {
    throw new Failure(
      `there is no time zone ${JSON.stringify(zone.slice(0, 60))}: name one as Europe/Berlin or +02:00`,
    );
  }
}
