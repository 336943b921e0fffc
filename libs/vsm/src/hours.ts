import { z } from 'zod';

const DAYS: readonly string[] = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const DAY = 'mon|tue|wed|thu|fri|sat|sun';
const MINUTE = 60_000;
const MINUTES_A_DAY = 1440;
/**
 * Clocks are changed at a multiple of this (ms) only, so that between two of them a zone's clock goes like any other.
 */
const STEP = 15 * MINUTE;
/** Windows come again every week, and clocks change meanwhile at most once. */
const WEEK = 8 * MINUTES_A_DAY * MINUTE;

const Days = z
  .string()
  .regex(new RegExp(`^((${DAY})(-(${DAY}))?)(,((${DAY})(-(${DAY}))?))*$`), 'days such as mon-fri, sat, or mon,wed,fri')
  .transform((text) => text.split(',').flatMap(daysOf));

const Time = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$|^24:00$/, 'a time such as "08:00"; "24:00" is the end of the day')
  .transform((text) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3)));

/**
 * A weekly window in which something is open: `{ days: mon-fri, from: "08:00", to: "18:00", zone: Europe/Berlin }`.
 * Absent: every day, from its beginning, to its end, UTC. One that ends before it begins goes on into the next day.
 */
export const Window = z.strictObject({
  days: Days.prefault('mon-sun').meta({ description: 'Days of the week. Default mon-sun.', examples: ['mon-fri'] }),
  from: Time.prefault('00:00').meta({
    description: 'Time of day at which it opens, HH:MM. Default 00:00.',
    examples: ['08:00'],
  }),
  to: Time.prefault('24:00').meta({
    description: 'Time of day at which it closes, HH:MM; one before `from` is on the next day. Default 24:00.',
    examples: ['18:00'],
  }),
  zone: z
    .string()
    .refine(isZone, 'a time zone such as Europe/Berlin')
    .default('UTC')
    .meta({ description: 'IANA time zone of these times.', examples: ['Europe/Berlin'] }),
});
export type Window = z.infer<typeof Window>;

/**
 * State of the windows at an instant (open when any of them is), and the instant at which that changes next (Infinity:
 * never). ms since the epoch
 */
export function openAt(windows: readonly Window[], at: number): { open: boolean; until: number } {
  const open = isOpen(windows, at);
  for (let then = at; then < at + WEEK; ) {
    then = nextLook(windows, then);
    if (isOpen(windows, then) !== open) return { open, until: then };
  }
  return { open, until: Number.POSITIVE_INFINITY };
}

function isOpen(windows: readonly Window[], at: number): boolean {
  return windows.some(({ days, from, to, zone }) => {
    const { day, minute } = local(zone, at);
    if (from < to) return days.includes(day) && minute >= from && minute < to;
    return (days.includes(day) && minute >= from) || (days.includes((day + 6) % 7) && minute < to);
  });
}

/** The next instant at which something may change: a window begins or ends, or clocks are changed. */
function nextLook(windows: readonly Window[], at: number): number {
  let next = (Math.floor(at / STEP) + 1) * STEP;
  const whole = Math.floor(at / MINUTE) * MINUTE;
  for (const { from, to, zone } of windows) {
    const { minute } = local(zone, at);
    for (const edge of [from, to]) {
      const left = (((edge - minute) % MINUTES_A_DAY) + MINUTES_A_DAY) % MINUTES_A_DAY;
      if (left > 0) next = Math.min(next, whole + left * MINUTE);
    }
  }
  return next;
}

const clocks = new Map<string, Intl.DateTimeFormat>();

/** Day of the week (0: Monday) and minute of the day, as clocks there show. */
function local(zone: string, at: number): { day: number; minute: number } {
  let clock = clocks.get(zone);
  if (clock === undefined) {
    const how = { weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
    clock = new Intl.DateTimeFormat('en-GB', { ...how, timeZone: zone });
    clocks.set(zone, clock);
  }
  const parts = new Map(clock.formatToParts(at).map(({ type, value }) => [type, value]));
  const day = DAYS.indexOf(parts.get('weekday')?.toLowerCase() ?? '');
  return { day, minute: Number(parts.get('hour')) * 60 + Number(parts.get('minute')) };
}

function daysOf(part: string): number[] {
  const [first = 0, last = first] = part.split('-').map((name) => DAYS.indexOf(name));
  return Array.from({ length: ((last - first + 7) % 7) + 1 }, (_, n) => (first + n) % 7);
}

function isZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en-GB', { timeZone: zone }) instanceof Intl.DateTimeFormat;
  } catch {
    return false;
  }
}
