/** Most bytes (as JSON) of an answer: what System 1 lets an outcome carry, too. */
export const MOST_BYTES = 256 * 1024;
/** Items of a list kept at first, and characters of a text for each item. */
const ITEMS = 1000;
const CHARACTERS = 64;

/**
 * An answer that fits: lists and texts are cut, all to the same length, until it does.
 * @returns the answer and, when it was cut, a sentence that says how; undefined when cutting does not help
 */
export function fit(value: object, most = MOST_BYTES): { value: Record<string, unknown>; cut?: string } | undefined {
  if (bytes(value) <= most) return { value: { ...value } };
  for (let items = ITEMS; items >= 1; items = Math.floor(items / 2)) {
    const shorter = each(value, items);
    if (bytes(shorter) > most) continue;
    const cut = `too large: lists are cut to ${items} items and texts to ${items * CHARACTERS} characters; ask with a filter or a lower limit`;
    return { value: shorter, cut };
  }
  return undefined;
}

function shortened(value: unknown, items: number): unknown {
  if (typeof value === 'string') return value.slice(0, items * CHARACTERS);
  if (Array.isArray(value)) return value.slice(0, items).map((item) => shortened(item, items));
  return typeof value === 'object' && value !== null ? each(value, items) : value;
}

function each(value: object, items: number): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, shortened(inner, items)]));
}

const bytes = (value: unknown): number => Buffer.byteLength(JSON.stringify(value) ?? '');
