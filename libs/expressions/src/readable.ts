/** Depth to which a value is looked through. */
const DEEPEST = 64;

/**
 * The value with Maps in place of the objects that have a field named `constructor`, and of all that contain one; the
 * value itself where there is none.
 */
export function withoutConstructors<T>(value: T): T;
export function withoutConstructors(value: unknown, depth?: number): unknown;
export function withoutConstructors(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object' || value === null || depth > DEEPEST) return value;
  if (Array.isArray(value)) {
    const items = value.map((item) => withoutConstructors(item, depth + 1));
    return items.every((item, i) => item === value[i]) ? value : items;
  }
  const entries = Object.entries(value).map(
    ([key, item]) => [key, withoutConstructors(item, depth + 1), item] as const,
  );
  if (Object.hasOwn(value, 'constructor')) return new Map(entries.map(([key, item]) => [key, item]));
  if (entries.every(([, item, before]) => item === before)) return value;
  return Object.fromEntries(entries.map(([key, item]) => [key, item]));
}
