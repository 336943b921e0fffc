/**
 * Recognises secrets in what other clients' files hold. Wrong in one direction only: what may be a secret is taken from
 * the environment, and costs a person one variable; a secret that is copied into a file in git costs more.
 */

const NAME =
  /token|secret|passw|pwd|passphrase|api[_-]?key|access[_-]?key|private[_-]?key|credential|cookie|session|signature|authorization|bearer|header|(^|[_-])(pat|auth|key|h)$/i;
/** Forms of the tokens that services give out. */
const ISSUED =
  /(^|[^A-Za-z0-9])(gh[pousr]_|github_pat_|glpat-|sk-|pk_|rk_|xox[abeprs]-|AKIA|ASIA|AIza|ya29\.|npm_|hf_|dop_v1_|shp(at|ss)_|SG\.|eyJ[\w-]+\.)/;
const CREDENTIALS = /:\/\/[^/@\s]+@|^(Bearer|Basic|Token)\s/i;
const PEM = /-----BEGIN/;
/** `password=…`, `"apiKey": …`, `X-Api-Key: …` inside a longer text. */
const ASSIGNED =
  /(?:token|secret|passw(?:or)?d|pwd|passphrase|api[_-]?key|access[_-]?key|private[_-]?key|credentials?|authorization|\bauth|\bkey)["']?\s*[:=]\s*["']?[^\s"']/i;

/** @param name of the variable, header or option whose value it is; empty where it has none */
export function isSecret(name: string, value: string): boolean {
  if (value === '' || /^(true|false|\d{1,9})$/i.test(value)) return false;
  return (
    NAME.test(name.replace(/^-+/, '')) ||
    ISSUED.test(value) ||
    CREDENTIALS.test(value) ||
    PEM.test(value) ||
    ASSIGNED.test(value) ||
    value.split(/[^A-Za-z0-9+_-]+/).some(isRandom)
  );
}

/** A word of a token: long, of letters and digits mixed as words and versions do not mix them. */
function isRandom(word: string): boolean {
  if (word.length < 20) return false;
  const kinds = [/[a-z]/, /[A-Z]/, /\d/].filter((kind) => kind.test(word)).length;
  if (kinds < 2 || !/\d/.test(word)) return false;
  const changes = [...word].filter((letter, i) => i > 0 && kindOf(letter) !== kindOf(word[i - 1] ?? '')).length;
  return changes >= word.length / 6;
}

function kindOf(letter: string): string {
  if (/\d/.test(letter)) return 'digit';
  return /[A-Z]/.test(letter) ? 'upper' : /[a-z]/.test(letter) ? 'lower' : 'mark';
}
