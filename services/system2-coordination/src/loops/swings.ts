/** Samples that are looked at. Less than half as many say nothing. */
export const LENGTH = 60;
/** Swings smaller than this part of the middle, or than this much, are noise. */
const SMALL = 0.15;
const LEAST = 2;
/** Turns of direction that a series must take. */
const TURNS = 5;
/** Autocorrelation from which on it repeats itself. */
const ALIKE = 0.4;
/** Decrement from which on it dies out by itself: each swing is then a third smaller. */
const DIES = 0.4;

/** A series that goes up and down and does not stop. */
export interface Swing {
  /** Samples from one high to the next. */
  period: number;
  /** Half the height of a swing, as a part of the middle. */
  amplitude: number;
  /** Autocorrelation one period later. */
  likeness: number;
  /** Logarithmic decrement, a period: 0 goes on for ever. */
  decrement: number;
}

/**
 * The swing of an evenly sampled series that goes on, if there is one. Three signs must agree: its differences change
 * sign again and again, it is like itself one period later and unlike half a period later (autocorrelation), and its
 * swings do not die out (logarithmic decrement over successive extremes; Ogata, Modern Control Engineering, §5).
 */
export function swingOf(series: readonly number[]): Swing | undefined {
  const x = series.slice(-LENGTH);
  if (x.length < LENGTH / 2) return undefined;
  const middle = mean(x);
  const extremes = turnsOf(x, Math.max(LEAST, SMALL * Math.abs(middle)));
  if (extremes.length < TURNS) return undefined;
  const likeness = autocorrelation(x, middle);
  const period = firstPeak(likeness);
  if (period === undefined) return undefined;
  const again = likeness[period] ?? 0;
  const between = likeness[Math.round(period / 2)] ?? 0;
  const decrement = decrementOf(extremes);
  if (again < ALIKE || between > 0 || decrement > DIES) return undefined;
  const heights = extremes.slice(1).map((value, n) => Math.abs(value - (extremes[n] ?? 0)) / 2);
  return { period, amplitude: middle === 0 ? 1 : mean(heights) / Math.abs(middle), likeness: again, decrement };
}

/**
 * How alike two series of one length run (Pearson's correlation): 1 up and down together, −1 the one up when the other
 * is down.
 */
export function alike(a: readonly number[], b: readonly number[]): number {
  const [middleA, middleB] = [mean(a), mean(b)];
  const both = mean(a.map((value, n) => (value - middleA) * ((b[n] ?? 0) - middleB)));
  const spread = Math.sqrt(mean(a.map((v) => (v - middleA) ** 2)) * mean(b.map((v) => (v - middleB) ** 2)));
  return spread === 0 ? 0 : both / spread;
}

/** Highs and lows, in order: where the series turns by more than `noise`. */
function turnsOf(x: readonly number[], noise: number): number[] {
  const extremes: number[] = [];
  let last = x[0] ?? 0;
  let direction = 0;
  for (const value of x) {
    if (direction === 0 ? Math.abs(value - last) > noise : (value - last) * direction < -noise) {
      if (direction !== 0) extremes.push(last);
      direction = Math.sign(value - last);
      last = value;
    } else if (direction !== 0 && (value - last) * direction > 0) last = value;
  }
  return extremes;
}

/** By lag, up to half the length; 1 at lag 0. */
function autocorrelation(x: readonly number[], middle: number): number[] {
  const from = x.map((value) => value - middle);
  const all = mean(from.map((value) => value * value));
  if (all === 0) return [];
  return Array.from({ length: Math.floor(x.length / 2) }, (_, lag) => {
    const pairs = from.slice(lag).map((value, n) => value * (from[n] ?? 0));
    return mean(pairs) / all;
  });
}

/** The lag of the highest likeness after it has first been below 0. */
function firstPeak(likeness: readonly number[]): number | undefined {
  const below = likeness.findIndex((value) => value < 0);
  if (below < 0) return undefined;
  let best: number | undefined;
  for (let lag = below + 1; lag < likeness.length; lag++) {
    const value = likeness[lag] ?? 0;
    if (best !== undefined && value < 0) break;
    if (value > 0 && value > (best === undefined ? 0 : (likeness[best] ?? 0))) best = lag;
  }
  return best;
}

/** Mean over a swing; from low to high and back are two. */
function decrementOf(extremes: readonly number[]): number {
  const heights = extremes.slice(1).map((value, n) => Math.abs(value - (extremes[n] ?? 0)));
  const first = heights[0] ?? 1;
  const last = heights.at(-1) ?? 1;
  const swings = (heights.length - 1) / 2;
  return swings > 0 && last > 0 ? Math.log(first / last) / swings : 0;
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, n) => sum + n, 0) / Math.max(1, numbers.length);
}
