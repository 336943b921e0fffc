/**
 * A copy of a map with the entry set last; past the bound the first that may go, goes. It keeps what a journal is
 * folded into from growing for ever.
 * @param most entries
 */
export function setBounded<T>(
  map: ReadonlyMap<string, T>,
  key: string,
  value: T,
  most: number,
  mayGo: (value: T) => boolean = () => true,
): ReadonlyMap<string, T> {
  const copy = new Map(map);
  copy.delete(key);
  copy.set(key, value);
  if (copy.size > most) {
    const first = [...copy].find(([name, entry]) => name !== key && mayGo(entry));
    if (first) copy.delete(first[0]);
  }
  return copy;
}
