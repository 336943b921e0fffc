import { readFileSync } from 'node:fs';

/** The cost of a file of which nothing is recorded yet, in seconds: one that starts a fleet in its process. */
const UNKNOWN = { wall: 8, cpu: 4 };

/**
 * Reads what each test file took when it was last recorded (`npm test -- --record`), on a machine that was quiet.
 * @returns {Map<string, { wall: number, cpu: number }>} seconds; `cpu` is that of all its processes, which may exceed
 * `wall`
 */
export function readCosts(file) {
  const rows = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  return new Map(
    rows.map((row) => {
      const [wall, cpu, path] = row.trim().split(/\s+/);
      return [path, { wall: Number(wall), cpu: Number(cpu) }];
    }),
  );
}

/** The inverse of readCosts: the slowest first. */
export function costsText(costs) {
  return [...costs]
    .sort(([a, { wall: x }], [b, { wall: y }]) => y - x || a.localeCompare(b))
    .map(([path, { wall, cpu }]) => `${wall.toFixed(1).padStart(6)} ${cpu.toFixed(1).padStart(6)} ${path}\n`)
    .join('');
}

/**
 * Decides which file starts next. The slowest go first, so that none is left to run alone at the end; files that mostly
 * wait run beside those that compute, as long as together they want no more than the processors and no more than
 * `width` run.
 * @param {string[]} files
 * @param {Map<string, { wall: number, cpu: number }>} costs
 * @param {{ processors: number, width: number }} room
 */
export function openSchedule(files, costs, { processors, width }) {
  const cost = (file) => costs.get(file) ?? UNKNOWN;
  /** Processors that a file keeps busy while it runs. */
  const share = (file) => cost(file).cpu / Math.max(cost(file).wall, 0.1);
  const waiting = [...files].sort((a, b) => cost(b).wall - cost(a).wall);
  const running = new Set();
  return {
    /** @returns {string | undefined} a file to start now; undefined: none before another has ended */
    next() {
      if (running.size >= width) return undefined;
      const used = [...running].reduce((sum, file) => sum + share(file), 0);
      const index = running.size === 0 ? 0 : waiting.findIndex((file) => used + share(file) <= processors);
      const [file] = index < 0 ? [] : waiting.splice(index, 1);
      if (file !== undefined) running.add(file);
      return file;
    },
    ended(file) {
      running.delete(file);
    },
  };
}
