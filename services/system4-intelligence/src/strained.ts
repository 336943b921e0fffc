import { on, type ServiceContext } from '@vsmcp/service';
import { Stress } from '@vsmcp/vsm';

/**
 * The strain of the inside, as System 3 tells it: while a unit cannot cope, System 4 brings no changes of its own
 * accord (Beer's 3–4 homeostat: the outside and then does not outrun the inside and now). What an event that waits or a
 * person asks for goes on.
 */
export function strained({ log, metrics }: ServiceContext, relieved: () => void) {
  const units = metrics.gauge('vsmcp_strained_units', 'Units of which System 3 says that they cannot cope');
  const open = new Set<string>();
  return {
    hearing: on(Stress, async ({ data: { id, unit, state, because } }) => {
      const before = open.size;
      if (state === 'begins') open.add(id);
      else open.delete(id);
      units.set(open.size);
      log.info(
        { unit, state, because },
        state === 'begins' ? `${unit} cannot cope: nothing new is looked for` : `${unit} copes again`,
      );
      if (before > 0 && open.size === 0) relieved();
    }),
    /** Runs it, unless the inside cannot take more now. */
    unless: (task: () => void) => (): void => {
      if (open.size === 0) task();
    },
  };
}
