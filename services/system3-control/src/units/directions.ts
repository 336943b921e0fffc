import { eventSourced, on, type ServiceContext } from '@vsmcp/service';
import { type DataOf, Direction, type JournalEntry } from '@vsmcp/vsm';

type Current = Pick<DataOf<typeof Direction>, 'epoch' | 'priority'>;

interface Directed {
  type: 'direction';
  direction: DataOf<typeof Direction>;
}

/** The units that matter more or less, as System 5 last said. On record, so that another leader goes by it too. */
export function directions({ journal, log }: ServiceContext, epoch: number) {
  const led = eventSourced<Current, Directed>(journal, {
    system: 's3',
    epoch,
    initial: { epoch: 0, priority: {} },
    evolve: (_, { direction }) => direction,
    read,
    data: ({ direction }) => direction,
  });
  return {
    hearing: on(Direction, ({ id, data }) =>
      led.run(
        (current) => (data.epoch < current.epoch ? [] : [{ type: 'direction', direction: data }]),
        id,
        async ([change], current) => {
          if (change) log.info({ priority: data.priority }, `System 5 says what matters: ${data.because}`);
          else log.warn({ epoch: data.epoch, newest: current.epoch }, 'refused a command from a deposed System 5');
        },
      ),
    ),
    restore: led.restore,
    /** Factor on the unit's weight. */
    of: (unit: string): number => led.state.priority[unit] ?? 1,
  };
}

function read({ type, data }: JournalEntry): Directed | undefined {
  const direction = type === 'direction' ? Direction.data.safeParse(data).data : undefined;
  return direction && { type: 'direction', direction };
}
