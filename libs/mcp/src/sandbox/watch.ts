import { type Clock, reasonOf } from '@vsmcp/vsm';
import { bytesIn, fullReason } from './disk.js';
import { deletedBytes, familyOf } from './family.js';
import { PROCESSES } from './limits.js';

/** ms between two looks; and how many times longer the pause is than the look took, so that it stays cheap for many files. */
const PAUSE = 1000;
const RATIO = 20;

/**
 * Looks again and again at what a server has written into its own folder and at how many processes it is, and has it ended when it
 * is too much. What is written between two looks comes on top.
 * @param disk bytes that it may have. @returns what ends the watch
 */
export function watchServer(
  { pid, folder, disk, clock }: { pid: number; folder: string; disk: number; clock: Clock },
  end: (reason: string) => void,
): () => void {
  let over = false;
  let cancel = clock.after(PAUSE, look);
  return () => {
    over = true;
    cancel();
  };

  function look(): void {
    const started = performance.now();
    void excess(pid, folder, disk).then((reason) => {
      if (over) return;
      if (reason === undefined) cancel = clock.after(Math.max(PAUSE, RATIO * (performance.now() - started)), look);
      else end(reason);
    });
  }
}

async function excess(pid: number, folder: string, disk: number): Promise<string | undefined> {
  try {
    const family = await familyOf(pid);
    if (family.length > PROCESSES) return `it was ended for having more than ${PROCESSES} processes`;
    const bytes = (await bytesIn(folder, disk)) + (await deletedBytes(family));
    return bytes > disk ? `it was ended for filling the disk: ${fullReason(folder, disk)}` : undefined;
  } catch (error) {
    return `it was ended: ${reasonOf(error)}`;
  }
}
