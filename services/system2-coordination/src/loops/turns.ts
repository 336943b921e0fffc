/** A unit's turn on a resource. Times in ms since the epoch. */
export interface Turn {
  unit: string;
  /** When it was asked for, and when it was granted. */
  asked: number;
  at: number;
}

const MINUTE = 60_000;
/**
 * Changes of hands in a row that make a fight. By chance two units that have nothing to do with each other change hands
 * every other time.
 */
const ALTERNATIONS = 6;
/** Units that undo each other in a ring; more than this are a crowd. */
const MOST_UNITS = 4;
/**
 * Rounds of a fight keep time: none is longer or shorter than their median by more than this part, where one by chance
 * mostly is.
 */
const RHYTHM = 0.25;

/**
 * The last turns, when they look like units that undo each other, else none. Each turn is an answer to the one before
 * it: asked for after that was granted (who asked before waits for a place among others, and fights nobody), by the
 * next unit of a ring that repeats itself, in a steady rhythm.
 */
export function fightIn(turns: readonly Turn[]): Turn[] {
  for (let units = 2; units <= MOST_UNITS; units++) {
    const run = ringOf(turns, units);
    if (run.length > ALTERNATIONS && run.length >= 2 * units && isSteady(run, units)) return run;
  }
  return [];
}

/** The longest end of `turns` in which `units` different units take turns, each answering the one before. */
function ringOf(turns: readonly Turn[], units: number): Turn[] {
  const last = turns.slice(-units);
  if (new Set(last.map(({ unit }) => unit)).size < units) return [];
  let from = turns.length - 1;
  for (; from > 0; from--) {
    const turn = turns[from];
    const before = turns[from - 1];
    const same = turns[from - 1 + units];
    if (!turn || !before || turn.asked < before.at || (same && same.unit !== before.unit)) break;
  }
  return turns.slice(from);
}

function isSteady(run: readonly Turn[], units: number): boolean {
  const rounds = run.slice(units).map((turn, n) => turn.at - (run[n]?.at ?? 0));
  const median = [...rounds].sort((a, b) => a - b)[rounds.length >> 1] ?? 0;
  return rounds.every((ms) => Math.abs(ms - median) <= RHYTHM * median);
}

/** Turns a minute, from the time between the first and the last. */
export function rate(turns: readonly Turn[]): number {
  const first = turns[0];
  const last = turns.at(-1);
  if (!first || !last || last.at === first.at) return turns.length;
  return ((turns.length - 1) * MINUTE) / (last.at - first.at);
}
