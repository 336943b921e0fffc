/**
 * JSON with the keys of every object sorted by UTF-16 code unit: equal values have equal text, whatever the order of
 * their keys, which a database does not keep. Hashes that are stored and compared across versions are made of it (a
 * server's contract, the journal's chain, fingerprints of proposals, marks of units): its bytes never change.
 * @returns '', which is no JSON, for what has none (undefined, a function)
 */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, sortedKeys) ?? '';
}

/** Equal as JSON, whatever the order of keys. */
export function sameJson(a: unknown, b: unknown): boolean {
  return canonicalJson(a) === canonicalJson(b);
}

function sortedKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
