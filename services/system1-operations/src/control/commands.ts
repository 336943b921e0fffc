import type { ServerLauncher } from '@vsmcp/mcp';
import { type Consumer, DONE } from '@vsmcp/nervous-system';
import { on, type ServiceContext } from '@vsmcp/service';
import {
  Balance,
  CapabilitiesChanged,
  type DataOf,
  HeldReason,
  Operate,
  Settle,
  Shares,
  Shed,
  Try,
  UnitsChanged,
} from '@vsmcp/vsm';
import type { Bulkhead } from '../attenuation/bulkhead.js';
import type { Rates } from '../attenuation/rates.js';
import type { Shedding } from '../attenuation/shedding.js';
import { operationEvent } from '../deciding/task.js';
import type { Operations } from '../handling/operations.js';
import { tryServer } from '../servers/trial.js';
import { answerHeld } from './answering.js';
import { type Releasing, releaseHeld } from './release.js';

interface Parts extends Releasing {
  host: ServerLauncher;
  operations: Operations;
  bulkhead: Bulkhead;
  rates: Rates | undefined;
  shedding: Shedding;
  draining: AbortSignal;
  /** The rows of capabilities or of units changed. */
  reload(): void;
}

/** Commands under way at the same time: a trial takes a while, and the others must not wait for it. */
const AT_ONCE = 16;

/** System 3's commands. One with an epoch below the highest seen comes from a deposed leader and is refused. */
export function hearCommands(parts: Parts): Promise<Consumer>[] {
  const { context, host, operations, bulkhead, draining } = parts;
  const current = epochs(context);
  return [
    context.hear(
      's1.command',
      [
        on(Try, async ({ data }) => {
          if (current(data.epoch, 'try')) await tryServer(context, host, data, draining);
        }),
        on(Operate, async ({ data, time }, { attempts }) => {
          if (!current(data.epoch, 'operate')) return DONE;
          const now = context.clock.now();
          const event = operationEvent({ ...data, time: time ?? new Date(now).toISOString() });
          return operations.handle({ event, attempts, arrived: now, unsure: false });
        }),
        on(Settle, async ({ data }) => {
          if (current(data.epoch, 'settle')) await settle(parts, data);
        }),
      ],
      { prefetch: AT_ONCE },
    ),
    context.hear({ channel: 'command', bind: ['s1.all.*'] }, [
      on(Shares, async ({ data }) => {
        const { clock, instance } = context;
        const slots = slotsIn(data, instance);
        if (!current(data.epoch, 'grants') || slots === undefined) return;
        const until = clock.now() + data.lease;
        bulkhead.grant(slots, until);
        parts.rates?.grant(data.units, data.rates?.[instance], until, clock.now());
        const running = Object.fromEntries(bulkhead.underWay());
        await context.say(Balance, `balance.${instance}`, { instance, units: Object.fromEntries(slots), running });
      }),
      on(Shed, async ({ data }) => {
        if (!current(data.epoch, 'shed')) return;
        parts.shedding.command(new Map(Object.entries(data.floors)), context.clock.now() + data.lease);
      }),
      on(CapabilitiesChanged, async ({ data }) => {
        if (current(data.epoch, 'capabilities')) parts.reload();
      }),
      on(UnitsChanged, async ({ data }) => {
        if (current(data.epoch, 'units')) parts.reload();
      }),
    ]),
  ];
}

/**
 * System 3's grants to this replica: unit → operations at the same time. Undefined where it does not know the replica.
 */
function slotsIn({ units, replicas }: DataOf<typeof Shares>, instance: string): Map<string, number> | undefined {
  const column = replicas[instance];
  if (column === undefined) return undefined;
  const slots = new Map<string, number>();
  for (const [i, unit] of units.entries()) {
    const n = column[i] ?? null;
    if (n !== null) slots.set(unit, n);
  }
  return slots;
}

async function settle(parts: Parts, { how, filter, because, answer }: DataOf<typeof Settle>): Promise<void> {
  if (how === 'answer') return answer && answerHeld(parts, filter, answer);
  if (how !== 'replay') return releaseHeld(parts, how, filter, because);
  const { type, source, id } = filter;
  const names = { ...(type && { types: [type] }), ...(source && { source }), ...(id && { id }) };
  let left = filter.limit;
  for (const reason of filter.reason === undefined ? HeldReason.options : [filter.reason]) {
    if (left === 0) return;
    const rows = await parts.sweep.claimBack({ reason, ...names }, left);
    left -= rows.length;
    parts.context.log.info({ reason, because, events: rows.length }, 'replayed');
    parts.track(parts.sweep.handle(rows).then(() => parts.relieve(rows.map((row) => row.unit))));
  }
}

function epochs({ log, metrics }: ServiceContext): (epoch: number, command: string) => boolean {
  const refused = metrics.counter('vsmcp_refused_commands_total', 'Commands from a deposed leader');
  let highest = 0;
  return (epoch, command) => {
    if (epoch < highest) {
      refused.inc();
      log.warn({ command, epoch, highest }, 'refused a command from a deposed leader');
      return false;
    }
    highest = epoch;
    return true;
  };
}
