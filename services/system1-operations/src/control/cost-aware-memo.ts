import type { Clock } from '@vsmcp/vsm';

/** How many times as long as an answer took to find it is good for. */
const TIMES = 20;
/** Different questions remembered. */
const MOST = 20;

interface Known<A> {
  answer: Promise<A>;
  /** Good until (ms since the epoch); while it is being found, without end. */
  until: number;
}

/**
 * Spares what is dear: an answer serves all who ask while it is being found and for twenty times as long as that took,
 * so that asking takes at most a twentieth of the time however often it is done. What is found in 1 ms is 20 ms old at
 * most.
 */
export function costAwareMemo<Q extends number | string, A>(
  clock: Clock,
  find: (question: Q) => Promise<A>,
): (question: Q) => Promise<A> {
  const known = new Map<Q, Known<A>>();
  return (question) => {
    const started = clock.now();
    const before = known.get(question);
    if (before !== undefined && started < before.until) return before.answer;
    const found: Known<A> = { answer: find(question), until: Number.POSITIVE_INFINITY };
    known.delete(question);
    known.set(question, found);
    const [oldest] = known.keys();
    if (known.size > MOST && oldest !== undefined) known.delete(oldest);
    const keep = (times: number) => {
      const now = clock.now();
      found.until = now + times * (now - started);
    };
    found.answer.then(
      () => keep(TIMES),
      () => keep(0),
    );
    return found.answer;
  };
}
