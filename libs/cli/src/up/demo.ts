import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { type Clock, reasonOf, VsmError } from '@vsmcp/vsm';
import { dayEnds, nextDrops, parseDay, type Step } from './day.js';

/** A day, and the absolute path of the file that holds it. */
export interface Day {
  file: string;
  steps: Step[];
}

/** @throws VSM_CONFIG naming the file and what is wrong with it */
export async function readDay(file: string): Promise<Day> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const mend = 'correct `demo` in the configuration, or leave it out with --no-demo';
    throw new VsmError('VSM_CONFIG', `demo: ${file} cannot be read: ${reasonOf(error)}; ${mend}`, { cause: error });
  }
  return { file, steps: parseDay(file, text) };
}

/**
 * True when a day is to be played: it was not played on this state yet, which is then noted, or it is asked for again.
 * Played a second time it would tell units to move what has been moved.
 * @param marker the file that notes it
 */
export async function isFirstTime(marker: string, again: boolean): Promise<boolean> {
  try {
    await writeFile(marker, `${new Date().toISOString()}\n`, { flag: again ? 'w' : 'wx' });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Plays a day on the environment: it only writes files below the folder of its file, as anybody could.
 * @param say gets what people should know
 * @returns how to stop it
 */
export function playDay({ file, steps: day }: Day, clock: Clock, say: (text: string) => void): () => void {
  const folder = dirname(file);
  const start = clock.now();
  let cancel = () => {};
  let told = false;

  const playFrom = (after: number): void => {
    const drops = nextDrops(day, after);
    const at = Math.min(drops[0]?.at ?? Number.POSITIVE_INFINITY, told ? Number.POSITIVE_INFINITY : dayEnds(day));
    if (at === Number.POSITIVE_INFINITY) return;
    cancel = clock.after(Math.max(0, start + at - clock.now()), () => {
      for (const drop of drops.filter((each) => each.at === at)) {
        const text = drop.text ?? `${basename(drop.path)} ${new Date(clock.now()).toISOString()}\n`;
        write(join(folder, drop.path), text).catch((error: unknown) =>
          say(`demo: ${drop.path} could not be dropped: ${reasonOf(error)}`),
        );
      }
      if (!told && at >= dayEnds(day)) {
        told = true;
        say(`Your turn: drop something in ${relative(process.cwd(), join(folder, 'inbox'))}`);
      }
      playFrom(at);
    });
  };
  playFrom(-1);
  return () => cancel();
}

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}
