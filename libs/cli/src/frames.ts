import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { Framer } from '@vsmcp/nervous-system';
import { realClock } from '@vsmcp/service';
import { CloudEvent, isKey, reasonOf, VsmError } from '@vsmcp/vsm';
import { z } from 'zod';
import { type Fleet, fleetAt } from './fleet.js';

export interface FrameOptions {
  /** A path, or `-` for stdin. */
  frame: string;
  source: string;
  json?: true;
}

/** Events that are read before the frames of those before them are known to be safe. */
const AHEAD = 5000;
/** Longest time (ms) for which an event waits for others: a file is read faster. */
const LINGER = 100;

const Short = z.strictObject({
  type: z.string(),
  data: z.unknown().optional(),
  id: z.string().optional(),
  source: z.string().optional(),
  partitionkey: z.string().optional(),
});

/**
 * Publishes the events of a file with one JSON a line, in frames and in order; prints how many. Stops at the first line
 * that is no event, and says which, and how many before it are published.
 * @param type of all, whose data the lines then are
 */
export async function publishFrames(type: string | undefined, options: FrameOptions): Promise<void> {
  const fleet = fleetAt();
  const done = { events: 0, frames: 0 };
  const framer = framerFor(fleet, () => void done.frames++);
  let read = 0;
  let ahead: Promise<void>[] = [];
  const settle = async () => {
    await Promise.all([framer.flush(), ...ahead]);
    done.events += ahead.length;
    ahead = [];
  };
  try {
    for await (const line of linesOf(options.frame)) {
      read++;
      if (line.trim() === '') continue;
      const added = framer.add(eventOf(line, read, type, options));
      // It is awaited below; until then its failure is nobody's.
      added.catch(() => {});
      ahead.push(added);
      if (ahead.length >= AHEAD) await settle();
    }
  } catch (error) {
    await settle();
    throw new VsmError('VSM_USAGE', `${reasonOf(error)}; ${done.events} events before it are published`, {
      cause: error,
    });
  }
  await settle();
  const said = `published ${done.events} events in ${done.frames} ${done.frames === 1 ? 'frame' : 'frames'}`;
  process.stdout.write(`${options.json ? JSON.stringify(done, null, 2) : said}\n`);
}

/** One frame at a time, so that their order holds. */
function framerFor(fleet: Fleet, sent: () => void): Framer {
  let last = Promise.resolve();
  return new Framer({
    clock: realClock,
    linger: LINGER,
    publish: ({ content, contentType }) => {
      last = last.then(async () => {
        await fleet.send('/events', contentType, content);
        sent();
      });
      return last;
    },
  });
}

async function* linesOf(file: string): AsyncIterable<string> {
  try {
    yield* createInterface({ input: file === '-' ? process.stdin : createReadStream(file), crlfDelay: Infinity });
  } catch (error) {
    throw new VsmError('VSM_USAGE', `${file} cannot be read: ${reasonOf(error)}`, { cause: error });
  }
}

function eventOf(line: string, n: number, type: string | undefined, { source }: FrameOptions): CloudEvent {
  const value = jsonOf(line, n);
  const whole = typeof value === 'object' && value !== null && 'specversion' in value;
  const short = type === undefined ? value : { type, data: value };
  const event = whole && type === undefined ? CloudEvent.safeParse(value) : filled(short, source);
  if (event.success && isKey(event.data.type)) return event.data;
  const issue = event.success ? undefined : event.error.issues[0];
  const what = issue ? `${issue.path.join('.') || 'event'}: ${issue.message}` : 'type: no event type';
  throw new VsmError('VSM_USAGE', `line ${n} is no event: ${what}`);
}

function filled(short: unknown, source: string): z.ZodSafeParseResult<CloudEvent> {
  const parsed = Short.safeParse(short);
  if (!parsed.success) return CloudEvent.safeParse(short);
  const more = { datacontenttype: 'application/json', time: new Date(realClock.now()).toISOString() };
  return CloudEvent.safeParse({ specversion: '1.0', id: randomUUID(), source, ...more, ...parsed.data });
}

function jsonOf(line: string, n: number): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw new VsmError('VSM_USAGE', `line ${n} is not JSON: ${reasonOf(error)}`, { cause: error });
  }
}
