import { type Clock, reasonOf } from '@vsmcp/vsm';
import { bytesIn, fullReason, sizeOf } from './disk.js';
import { deletedBytes, memoryOf } from './family.js';
import { PROCESSES } from './limits.js';

/**
 * ms between two looks; and how many times longer the pause is than the look took, so that it stays cheap for many
 * files.
 */
const PAUSE = 1000;
const RATIO = 20;

export interface Watched {
  /** Its processes, by number. */
  members(): Promise<number[]>;
  folder: string;
  /** Bytes that it may have in its folder, and as memory of all its processes. */
  disk: number;
  memory: number;
}

/**
 * Looks again and again at what a server has written into its own folder, how many processes it is and what memory they
 * have, and has it ended when it is too much. What is written or taken between two looks comes on top.
 * @returns what ends the watch
 */
export function watchServer(watched: Watched, clock: Clock, end: (reason: string) => void): () => void {
  let over = false;
  let cancel = clock.after(PAUSE, look);
  return () => {
    over = true;
    cancel();
  };

  function look(): void {
    const started = performance.now();
    void excess(watched).then((reason) => {
      if (over) return;
      if (reason === undefined) cancel = clock.after(Math.max(PAUSE, RATIO * (performance.now() - started)), look);
      else end(reason);
    });
  }
}

async function excess({ members, folder, disk, memory }: Watched): Promise<string | undefined> {
  try {
    const family = await members();
    if (family.length > PROCESSES) return `it was ended for having more than ${PROCESSES} processes`;
    if ((await memoryOf(family)) > memory) return `it was ended for taking more than ${sizeOf(memory)} of memory`;
    const bytes = (await bytesIn(folder, disk)) + (await deletedBytes(family));
    return bytes > disk ? `it was ended for filling the disk: ${fullReason(folder, disk)}` : undefined;
  } catch (error) {
    return `it was ended: ${reasonOf(error)}`;
  }
}
