import { Duration, reasonOf, VsmError } from '@vsmcp/vsm';
import { parse } from 'yaml';
import { z } from 'zod';

const inside = (path: string) => !path.startsWith('/') && !path.split('/').includes('..');

/** One thing the world does: it drops a file, once or every so often. Times in ms from the start of the day. */
export const Step = z
  .strictObject({
    at: Duration,
    every: Duration.optional(),
    /** No drop after this time. */
    until: Duration.optional(),
    /** No more than so many drops. */
    times: z.number().int().positive().optional(),
    /** A path below the day's folder; `%n` is the number of the drop, from 1. */
    drop: z.string().min(1).refine(inside, 'a path below the folder of this file'),
    /** The file's content, `%n` as in `drop`; its name and the time of day when absent. */
    text: z.string().optional(),
  })
  .refine(({ every, until, times }) => every !== undefined || (until === undefined && times === undefined), {
    error: '`until` and `times` need `every`',
  })
  .refine(({ every }) => every === undefined || every > 0, { error: '`every` must be longer than 0' });
export type Step = z.infer<typeof Step>;

/** A file that falls, and when (ms from the start of the day). */
export interface Drop {
  at: number;
  path: string;
  text: string | undefined;
}

/** @throws VSM_CONFIG that names the file and what is wrong in it */
export function parseDay(file: string, yaml: string): Step[] {
  try {
    const parsed = z.array(Step).safeParse(parse(yaml) ?? []);
    if (parsed.success) return parsed.data;
    throw new Error(z.prettifyError(parsed.error));
  } catch (error) {
    throw new VsmError(
      'VSM_CONFIG',
      `${file} is not a day of steps such as { at: 3s, drop: inbox/a.md }: ${reasonOf(error)}`,
      {
        cause: error,
      },
    );
  }
}

/** The drops of the earliest instant later than `after` (ms), or none when the day holds no more. */
export function nextDrops(day: readonly Step[], after: number): Drop[] {
  const next = day.flatMap((step) => {
    const n = firstAfter(step, after);
    return n === undefined ? [] : [{ step, n, at: timeOf(step, n) }];
  });
  const at = Math.min(...next.map((drop) => drop.at));
  return next
    .filter((drop) => drop.at === at)
    .map(({ step, n }) => ({ at, path: number(step.drop, n), text: step.text && number(step.text, n) }));
}

/** When the day's story is told (ms): every step has begun, and those with an end have ended. */
export function dayEnds(day: readonly Step[]): number {
  return Math.max(0, ...day.map((step) => timeOf(step, lastDrop(step) ?? 1)));
}

/** Number of the first drop after `after`, counted from 1. */
function firstAfter(step: Step, after: number): number | undefined {
  const n = after < step.at ? 1 : step.every === undefined ? 2 : Math.floor((after - step.at) / step.every) + 2;
  return n <= (lastDrop(step) ?? Number.POSITIVE_INFINITY) ? n : undefined;
}

/** Number of a step's last drop; undefined when it goes on for good. */
function lastDrop({ at, every, until, times }: Step): number | undefined {
  if (every === undefined) return 1;
  const bounds = [times, until === undefined ? undefined : Math.floor((until - at) / every) + 1].filter(
    (n) => n !== undefined,
  );
  return bounds.length === 0 ? undefined : Math.max(0, Math.min(...bounds));
}

function timeOf({ at, every = 0 }: Step, n: number): number {
  return at + (n - 1) * every;
}

function number(text: string, n: number): string {
  return text.replaceAll('%n', String(n));
}
