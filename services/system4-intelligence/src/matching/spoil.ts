/**
 * A value that cannot be right: every digit becomes a letter past `f`, every letter a digit, and a tilde stands in
 * front, so that no notation survives. The same input always gives the same output.
 */
export function spoil(value: string): string {
  const swapped = value.trim().replaceAll(/[\p{L}\p{N}]/gu, (char) => {
    const code = char.codePointAt(0) ?? 0;
    return /\p{N}/u.test(char) ? String.fromCharCode(113 + (code % 10)) : String(code % 10);
  });
  return `~${swapped}`;
}
