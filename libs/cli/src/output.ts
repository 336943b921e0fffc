export { ago, count, percent } from '@vsmcp/vsm';

/** Columns that line up; the last one may be as long as it likes. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all
    .map((row) =>
      row
        .map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** One line of at most `most` characters, without control characters: what comes from outside must not steer a terminal. */
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
