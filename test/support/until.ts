/** ms between two looks: at first, and at most. */
const SOON = 10;
const SELDOM = 100;
/** The longest that a look which itself takes long is waited out, in ms. */
const LONG = 500;

/**
 * Waits for a condition; returns its first value that is neither false, null nor undefined. It looks every few
 * milliseconds at first, then less often the longer it has waited, and never for more than half of the time: many
 * fleets share the processors that their tests run on.
 * @param timeout in ms
 * @param what said when it does not come in time
 */
export async function until<T>(
  condition: () => T | Promise<T>,
  { timeout = 10_000, what = 'the condition' }: { timeout?: number; what?: string } = {},
): Promise<NonNullable<Exclude<T, false>>> {
  const start = performance.now();
  const end = start + timeout;
  for (;;) {
    const asked = performance.now();
    const value = await condition();
    if (value !== false && value !== undefined && value !== null) return value as NonNullable<Exclude<T, false>>;
    const now = performance.now();
    if (now > end) throw new Error(`${what}: not within ${timeout} ms`);
    const pause = Math.min(Math.max((now - start) / 20, SOON), SELDOM);
    await new Promise((resolve) => setTimeout(resolve, Math.max(pause, Math.min(now - asked, LONG))));
  }
}
