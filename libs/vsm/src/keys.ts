/** Routing keys and topic patterns as AMQP 0-9-1 defines them: words parted by dots, `*` one word, `#` any number. */

/**
 * Of an event type. A routing key inside may be longer, up to what AMQP holds: `attenuated.` and the like go before the
 * type.
 */
export const MAX_KEY_BYTES = 200;
export const MAX_ROUTING_KEY_BYTES = 255;
const KEY = /^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/;

/** True when `key` can be the type of an event and thus a routing key. */
export function isKey(key: string): boolean {
  return key.length <= MAX_KEY_BYTES && KEY.test(key);
}

/** True when `key` can be a routing key of any channel. */
export function isRoutingKey(key: string): boolean {
  return key.length <= MAX_ROUTING_KEY_BYTES && KEY.test(key);
}

/** True when `pattern` is a topic pattern over the same words. */
export function isPattern(pattern: string): boolean {
  return (
    pattern.length <= MAX_ROUTING_KEY_BYTES && pattern.split('.').every((w) => w === '*' || w === '#' || KEY.test(w))
  );
}

/** Makes one word of a routing key out of any text: `front desk` → `front-desk`. */
export function word(text: string): string {
  return (
    text
      .toLowerCase()
      .replaceAll(/[^a-z0-9_-]+/g, '-')
      .slice(0, 64) || '-'
  );
}

export function matches(pattern: string, key: string): boolean {
  return matchFrom(pattern.split('.'), 0, key.split('.'), 0);
}

function matchFrom(p: string[], i: number, k: string[], j: number): boolean {
  if (i === p.length) return j === k.length;
  if (p[i] === '#') {
    for (let next = j; next <= k.length; next++) if (matchFrom(p, i + 1, k, next)) return true;
    return false;
  }
  return j < k.length && (p[i] === '*' || p[i] === k[j]) && matchFrom(p, i + 1, k, j + 1);
}

/**
 * Orders patterns by how specific they are: word for word from the left, a literal beats `*`, `*` beats `#`,
 * and of two that agree the longer one wins.
 * @returns < 0 when `a` is more specific than `b`, 0 when neither is
 */
export function bySpecificity(a: string, b: string): number {
  const x = a.split('.');
  const y = b.split('.');
  for (let i = 0; i < Math.max(x.length, y.length); i++) {
    const difference = rank(y[i]) - rank(x[i]);
    if (difference !== 0) return difference;
  }
  return 0;
}

function rank(token: string | undefined): number {
  if (token === undefined) return 0.5;
  if (token === '#') return 0;
  return token === '*' ? 1 : 2;
}
