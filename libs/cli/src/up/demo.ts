import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { type Clock, reasonOf } from '@vsmcp/vsm';
import { dayEnds, nextDrops, parseDay } from './day.js';

/**
 * Plays a day on the environment: it only writes files below the folder of `file`, as anybody could.
 * @param file the day's steps, an absolute path
 * @param say gets what people should know
 * @returns how to stop it
 */
export async function playDay(file: string, clock: Clock, say: (text: string) => void): Promise<() => void> {
  const day = parseDay(file, await readFile(file, 'utf8'));
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
