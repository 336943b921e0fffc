import { setTimeout as sleep } from 'node:timers/promises';
import { QUESTIONS, reasonOf, type SettledEvent } from '@vsmcp/vsm';
import type { Fleet } from '../fleet.js';
import { listen } from '../stream.js';
import { Heard, type Note, noteOf, told } from './narrate.js';
import { Tally, type Waits } from './tally.js';

/**
 * Milliseconds between two looks at what has added up, and before the stream is listened to again after it broke off.
 */
const LOOK = 1000;

/**
 * Tells a running fleet's story, a line per thing that happens, from the gateway's stream.
 * @param started ms since the epoch, what the lines' times count from
 * @param say gets each line
 * @returns how to stop
 */
export function narrate(fleet: Fleet, started: number, say: (line: string) => void): () => Promise<void> {
  const stop = new AbortController();
  const tally = new Tally(started);
  const trouble = (what: string) => (error: unknown) => {
    if (!stop.signal.aborted)
      say(told(Date.now() - started, { about: 'narrator', text: `${what}: ${reasonOf(error)}` }));
  };

  /** Name of a server → what was last said of it: one that fails again and again for the same reason is told once. */
  const servers = new Map<string, string>();
  const isTold = ({ event, data }: Heard, { text }: Note) => {
    if (event !== 'capability') return false;
    const same = servers.get(data.server) === text;
    servers.set(data.server, text);
    return same;
  };
  /** Events that had their outcome before anybody listened: told again after a restart, they are nothing new. */
  const settled = new Set<string>();
  const hear = (heard: Heard) => {
    if (heard.event === 'outcome' && !settled.has(keyOf(heard.data))) tally.hear(heard.data);
    const note = noteOf(heard);
    if (note && !isTold(heard, note)) say(told(Date.now() - started, note));
  };
  const said = (event: string, data: unknown) => {
    const heard = Heard.safeParse({ event, data });
    if (heard.success) hear(heard.data); // other kinds are for other listeners
  };
  const look = async () => {
    const now = tally.unsure ? await waiting(fleet) : [];
    for (const note of tally.notes(now, Date.now())) say(told(Date.now() - started, note));
  };
  const listening = (async () => {
    for (const each of await before(fleet).catch(() => [])) settled.add(keyOf(each));
    tally.begin(await waiting(fleet).catch(() => []));
    while (!stop.signal.aborted) {
      await listen(fleet, stop.signal, said).catch(trouble('the stream broke off'));
      await pause(stop.signal);
    }
  })();
  const looking = (async () => {
    while (!stop.signal.aborted) {
      await pause(stop.signal);
      await look().catch(trouble('what waits is not known'));
    }
  })();
  return async () => {
    stop.abort();
    await Promise.all([listening, looking]);
  };
}

async function before(fleet: Fleet): Promise<SettledEvent[]> {
  const { outcomes } = QUESTIONS.outcomes.answer.parse(await fleet.get('/outcomes', { limit: 1000 }));
  return outcomes.filter(({ outcome }) => outcome === 'answered' || outcome === 'noted' || outcome === 'refused');
}

function keyOf({ event: { source, id } }: Pick<SettledEvent, 'event'>): string {
  return JSON.stringify([source, id]);
}

async function waiting(fleet: Fleet): Promise<Waits[]> {
  return QUESTIONS.waiting.answer.parse(await fleet.get('/waiting', { limit: 1000 })).waiting;
}

function pause(signal: AbortSignal): Promise<void> {
  return sleep(LOOK, undefined, { signal }).catch(() => undefined); // stopping cuts it short
}
