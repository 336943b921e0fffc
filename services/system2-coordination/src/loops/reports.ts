import type { ServiceContext } from '@vsmcp/service';
import { Loop, loopText, word } from '@vsmcp/vsm';
import type { Found } from './loops.js';

/** Says that loops were found, damped or settled, and puts that on record. */
export function loopReports(context: ServiceContext, epoch: number) {
  const { journal, log } = context;
  const say = (loop: Found) => context.say(Loop, `loop.${word(loop.units[0] ?? 'unknown')}`, loop);
  const record = (kind: 'loop' | 'swing' | 'churn', loop: Found) =>
    journal.append({ system: 's2', epoch, type: `${kind}.${loop.state}`, cause: loop.resource, data: loop });
  const warn = (loop: Found) => log.warn(loop, `${loopText(loop)}: ${loop.state}`);

  return {
    /**
     * Units that undo each other. One that cannot be journalled is damped and told all the same; the next leader finds
     * it itself.
     */
    async undoing(found: readonly Found[]): Promise<void> {
      for (const loop of found) {
        await record('loop', loop).catch((error: unknown) =>
          log.error({ err: error }, 'a loop could not be journalled'),
        );
        await say(loop);
        warn(loop);
      }
    },
    /** For System 3, which acts on it for as long as it is told so: said even where the journal cannot be written. */
    async toControl(kind: 'swing' | 'churn', found: readonly Found[]): Promise<void> {
      for (const loop of found) {
        await say(loop);
        await record(kind, loop);
        warn(loop);
      }
    },
  };
}
