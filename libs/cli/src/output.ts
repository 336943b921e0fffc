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

/** `2 events`, `1 event`. */
export function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`;
}

/** `73 %`, or `–` where nothing happened that it could be a share of. */
export function percent(share: number | null): string {
  return share === null ? '–' : `${Math.round(share * 100)} %`;
}

/** How long ago, roughly: `8s`, `4m`, `3h`, `2d`. @param at, now ms since the epoch */
export function ago(at: number, now: number): string {
  const seconds = Math.max(0, Math.round((now - at) / 1000));
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)}m`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)}h`;
  return `${Math.round(seconds / 86_400)}d`;
}

/** One line of at most `most` characters, without control characters: what comes from outside must not steer a terminal. */
export function line(text: string, most = 200): string {
  const clean = text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').trim();
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
