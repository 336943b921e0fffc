import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { count, duration, reasonOf, VsmError } from '@vsmcp/vsm';
import { type Ailment, ailmentsOf } from './ailments.js';
import { type ReadDay, readDay } from './day/read.js';
import { ABLE, type Able } from './day/schema.js';
import { type Figures, figuresOf } from './figures.js';
import type { LabOptions } from './options.js';
import { type Run, runDay, templateOf } from './run.js';
import { journalCsv, minutesCsv } from './show/csv.js';
import { plot } from './show/plot.js';
import { type Series, seriesOf } from './show/series.js';
import { told } from './show/table.js';

/** A run with what it came to. */
interface Judged {
  label: string;
  run: Run;
  figures: Figures;
  ailments: Ailment[];
  series: Series[];
  journal: string;
}

/** `vsmcp lab run`: runs the day, whole and without what is to be left out, and tells how it went. */
export async function runLab(file: string, options: LabOptions): Promise<void> {
  const day = await readDay(file);
  const without = ABLE.filter((system) => options.without?.includes(system));
  const stop = new AbortController();
  const interrupt = () => stop.abort(new VsmError('VSM_USAGE', 'the lab was interrupted'));
  process.once('SIGINT', interrupt);
  try {
    const runs = leavings(without, options.only === true);
    process.stderr.write(`${expected(day, runs.length)}\n`);
    const template = runs.length > 1 ? { template: await templateOf() } : {};
    const judged: Judged[] = [];
    for (const left of runs) {
      const { seed, speed } = options;
      const paced = speed > 0 ? { speed } : {};
      const run = await runDay(day, { seed, without: left, signal: stop.signal, ...template, ...paced, ...progress() });
      judged.push(judge(run, day.day.without));
    }
    if (options.csv !== undefined) await write(options.csv, day, judged);
    process.stdout.write(options.json ? `${JSON.stringify(json(day, judged), null, 2)}\n` : `${people(day, judged)}\n`);
  } finally {
    process.removeListener('SIGINT', interrupt);
  }
}

/**
 * Seconds that an hour of a fleet with little traffic takes on two cores, and a fleet to start; measured with
 * docs/lab/.
 */
const HOUR = 4;
const START = 3;

/** How long it will take, about. */
function expected({ name, day }: ReadDay, runs: number): string {
  const seconds = Math.ceil(runs * (START + (day.lasts / 3_600_000) * HOUR));
  return `${name}: ${duration(day.lasts)} of the fleet's time, ${count(runs, 'run')}: about ${duration(seconds * 1000)} on an idle machine`;
}

/** Systems left out of each run: the whole fleet runs first, to compare with. */
function leavings(without: readonly Able[], only: boolean): (readonly Able[])[] {
  if (without.length === 0) return [[]];
  return only ? [without] : [[], without];
}

function judge(run: Run, always: readonly Able[]): Judged {
  const { observed, journal } = run;
  const left = [...new Set([...always, ...run.without])];
  return {
    run,
    label: left.length === 0 ? 'the whole' : `without ${left.join(', ')}`,
    figures: figuresOf(observed, journal, run.unheard.length),
    ailments: ailmentsOf(observed.minutes),
    series: seriesOf(observed.minutes),
    journal: digestOf(run),
  };
}

/** One hash over all chains of the journal: two runs of a day with one seed have the same. */
export function digestOf({ journal }: Pick<Run, 'journal'>): string {
  const hash = createHash('sha256');
  for (const entry of journal) hash.update(entry.hash);
  return hash.digest('hex');
}

function people({ name, day }: ReadDay, judged: readonly Judged[]): string {
  const speeds = judged.map(({ run }) => duration(run.took));
  const [first] = judged;
  const head = `${name}: ${duration(day.lasts)} of the fleet's time in ${speeds.join(' and ')}, seed ${first?.run.seed ?? ''}`;
  return [head, '', told(judged)].join('\n');
}

function json({ name }: ReadDay, judged: readonly Judged[]): object {
  return {
    day: name,
    runs: judged.map(({ label, run, figures, ailments, series, journal }) => ({
      label,
      without: run.without,
      seed: run.seed,
      lasted: run.lasted,
      took: run.took,
      figures,
      pathologies: ailments,
      series,
      unheard: run.unheard,
      journal: { entries: run.journal.length, digest: journal },
    })),
  };
}

async function write(folder: string, { name, day }: ReadDay, judged: readonly Judged[]): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    for (const { label, run } of judged) {
      const file = `${name}-${label.replaceAll(/[^a-z0-9]+/g, '-')}`;
      await writeFile(join(folder, `${file}.journal.csv`), journalCsv(run.journal));
      await writeFile(join(folder, `${file}.minutes.csv`), minutesCsv(run.observed.minutes));
    }
    await writeFile(join(folder, `${name}.svg`), plot(name, day.lasts, judged));
  } catch (error) {
    throw new VsmError('VSM_USAGE', `${folder} cannot be written: ${reasonOf(error)}; name another with --csv`, {
      cause: error,
    });
  }
}

/** How far it is, on a terminal. */
function progress(): { progress?: (at: number) => void } {
  const { stderr } = process;
  if (!stderr.isTTY) return {};
  let last = 0;
  return {
    progress: (at) => {
      const now = performance.now();
      if (now - last < 500) return;
      last = now;
      stderr.write(`\r${(at / 3_600_000).toFixed(1)} h `);
    },
  };
}
