const ROUNDS = 5;
const USAGE = 'npm run bench -- --compare <ref> part … [--rounds N]';

/** An error of who typed the command. */
export function usage(message) {
  return Object.assign(new Error(`${message}\n${USAGE}`), { usage: true });
}

/**
 * Reads the command line of a comparison.
 * @param {string[]} words
 * @returns {{ ref: string, parts: string[], rounds: number }}
 */
export function parseCompare(words) {
  const rest = [...words];
  const taken = (option) => {
    const at = rest.indexOf(option);
    if (at < 0) return undefined;
    const [, value] = rest.splice(at, 2);
    if (value === undefined || value.startsWith('-')) throw usage(`${option} wants a value`);
    return value;
  };
  const ref = taken('--compare');
  const rounds = Number(taken('--rounds') ?? ROUNDS);
  if (!Number.isInteger(rounds) || rounds < 1) throw usage('--rounds wants a whole number from 1');
  const unknown = rest.find((word) => word.startsWith('-'));
  if (unknown !== undefined) throw usage(`a comparison has no option ${unknown}`);
  if (rest.length === 0) throw usage('which part is to be compared?');
  return { ref, parts: rest, rounds };
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * Pairs the figures of both sides by their part and name.
 * @param {{ bench: string, figures: { what: string, unit: string, values: number[], missing?: string }[] }[][]} old a
 * report a round
 * @param {typeof old} now
 * @returns rows in the order of the new side; a figure that one side lacks has no value there
 */
export function paired(old, now) {
  const [before, after] = [collected(old), collected(now)];
  return [...new Set([...after.keys(), ...before.keys()])].map((key) => {
    const [a, b] = [before.get(key), after.get(key)];
    const { part, what, unit } = b ?? a;
    return { part, what, unit, old: a?.rounds ?? [], now: b?.rounds ?? [] };
  });
}

/** Figures by part and name, with the median of each round. */
function collected(rounds) {
  const found = new Map();
  for (const { bench, figures } of rounds.flat()) {
    for (const { what, unit, values } of figures) {
      if (values.length === 0) continue;
      const key = `${bench}\n${what}\n${unit}`;
      const row = found.get(key) ?? { part: bench, what, unit, rounds: [] };
      row.rounds.push(median(values));
      found.set(key, row);
    }
  }
  return found;
}

/**
 * Text for people: each figure's median of the rounds on both sides, new over old, and how far apart the rounds lie.
 */
export function compareText({ machine, ref, commit, rounds, how, old, now }) {
  const rows = paired(old, now);
  const { cpu, cores, memory, node } = machine;
  const lines = [
    `${cpu}, ${cores} cores, ${memory}, Node ${node}`,
    `old: ${ref} (${commit.slice(0, 12)}), new: this folder; medians of ${rounds} rounds in turns, ratio: new / old`,
    ...how,
  ];
  const width = Math.max(0, ...rows.map(({ what }) => what.length));
  for (const [n, row] of rows.entries()) {
    if (row.part !== rows[n - 1]?.part) lines.push('', row.part);
    lines.push(`  ${row.what.padEnd(width)}  ${rowText(row)}`);
  }
  return `${lines.join('\n')}\n`;
}

function rowText({ unit, old, now }) {
  if (old.length === 0) return `${shown(median(now))} ${unit}; the old side has no such figure`;
  if (now.length === 0) return `${shown(median(old))} ${unit} in old; the new side has no such figure`;
  const ratios = now.slice(0, old.length).map((value, n) => value / old[n]);
  const apart = `(${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)})`;
  return `${shown(median(old))} → ${shown(median(now))} ${unit}  ${(median(now) / median(old)).toFixed(2)} × ${apart}`;
}

const shown = (value) => (value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3));
