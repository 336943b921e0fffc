/** How a run went. */
export interface Ran {
  /** A second. */
  rate: number;
  /** ms each took. */
  took: number[];
}

/** Does `one` so many times, `width` of them under way at any time. */
export async function inFlight(times: number, width: number, one: (n: number) => Promise<unknown>): Promise<Ran> {
  const took: number[] = [];
  let next = 0;
  const began = performance.now();
  const lane = async (): Promise<void> => {
    while (next < times) {
      const n = next++;
      const since = performance.now();
      await one(n);
      took.push(performance.now() - since);
    }
  };
  await Promise.all(Array.from({ length: width }, lane));
  return { rate: times / ((performance.now() - began) / 1000), took };
}

/** Runs, the first of which only warms. */
export async function repeated<R>(runs: number, run: (n: number) => Promise<R>): Promise<R[]> {
  const all: R[] = [];
  for (let n = 0; n <= runs; n++) all.push(await run(n));
  return all.slice(1);
}
