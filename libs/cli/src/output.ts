export { ago, count, percent } from '@vsmcp/vsm';

/**
 * Characters that the last column of a table has at least before it goes on a line of its own, and the indent of that
 * line.
 */
const NARROW = 24;
const INDENT = 4;

/** Characters in a line of the terminal; any number where there is none. */
export function terminalWidth(): number {
  return process.stdout.isTTY ? process.stdout.columns : Number.POSITIVE_INFINITY;
}

/**
 * Columns that line up. The last one is wrapped where the terminal ends, never cut: what is in a table can be copied
 * out of it.
 */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  width: number = terminalWidth(),
): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const before = widths.slice(0, -1).reduce((sum, each) => sum + each + 2, 0);
  const left = width - before;
  const beside = left >= Math.min(NARROW, widths.at(-1) ?? 0);
  return all
    .map((row) => {
      const start = row.slice(0, head.length - 1).map((cell, column) => cell.padEnd(widths[column] ?? 0));
      const last = row[head.length - 1] ?? '';
      if (beside) return [...start, wrapped(last, left).join(`\n${' '.repeat(before)}`)].join('  ').trimEnd();
      const below = wrapped(last, width - INDENT).map((each) => `${' '.repeat(INDENT)}${each}`);
      return [start.join('  ').trimEnd(), ...(last === '' ? [] : below)].join('\n');
    })
    .join('\n');
}

/** A text in lines of at most `width` characters, broken between words; a word that is longer is left whole. */
export function wrapped(text: string, width: number): string[] {
  if (text.length <= width) return [text];
  const lines: string[] = [];
  let current = '';
  for (const word of text.split(' ')) {
    if (current !== '' && current.length + 1 + word.length > width) {
      lines.push(current);
      current = word;
    } else current = current === '' ? word : `${current} ${word}`;
  }
  return [...lines, current];
}

/**
 * One line of at most `most` characters, without control characters: what comes from outside must not steer a terminal.
 */
export function line(text: string, most = 200): string {
  const clean = text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ').trim();
  return clean.length <= most ? clean : `${clean.slice(0, most - 1)}…`;
}

/** Any value on one line. */
export function brief(value: unknown, most = 200): string {
  return line(typeof value === 'string' ? value : (JSON.stringify(value) ?? ''), most);
}

/** A figure to a tenth: `9.8`, `12`. */
export function tenths(n: number): string {
  return String(Math.round(n * 10) / 10);
}

/** `1.5 GB`, `120 MB`. @param bytes */
export function size(bytes: number): string {
  if (bytes < 1e6) return `${Math.round(bytes / 1e3)} kB`;
  return bytes < 1e9 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
