import { on, type ServiceContext } from '@vsmcp/service';
import { type DataOf, Direction } from '@vsmcp/vsm';

/** The units that matter more or less, as System 5 last said. On record, so that another leader goes by it too. */
export function directions(context: ServiceContext, epoch: number) {
  const { journal, log } = context;
  let current: Pick<DataOf<typeof Direction>, 'epoch' | 'priority'> = { epoch: 0, priority: {} };
  return {
    hearing: on(Direction, async ({ id, data }) => {
      if (data.epoch < current.epoch) {
        log.warn({ epoch: data.epoch, newest: current.epoch }, 'refused a command from a deposed System 5');
        return;
      }
      current = data;
      await journal.append({ system: 's3', epoch, type: 'direction', cause: id, data });
      log.info({ priority: data.priority }, `System 5 says what matters: ${data.because}`);
    }),
    /** @param entry of System 3's journal, in order */
    restore(entry: { type: string; data: unknown }): void {
      if (entry.type !== 'direction') return;
      const known = Direction.data.safeParse(entry.data);
      if (known.success) current = known.data;
    },
    /** Factor on the unit's weight. */
    of: (unit: string): number => current.priority[unit] ?? 1,
  };
}
