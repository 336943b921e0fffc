import { reconcileUnits, type ServiceContext, serial } from '@vsmcp/service';
import type { Answer, Asked, JournalEntry, Unit, Units } from '@vsmcp/vsm';

import { forbidden, problemsOf } from './checks.js';
import { UnitTable } from './unit-table.js';
import { unitWriter } from './writing.js';

type Arranged = Answer<'arrange'>;

/**
 * Keeps the table of units (`unit-table.ts`): vsmcp.yaml sets them, and people and agents change them live, under
 * policy (`checks.ts`). One change after the other, so that each is checked against what the one before left.
 */
export function units(context: ServiceContext, epoch: number) {
  const table = new UnitTable();
  const { announce, read, refuse, write } = unitWriter(context, epoch, table);
  const inTurn = serial();
  /** When an earlier leader last took vsmcp.yaml, ms since the epoch. */
  let configuredAt = Number.NEGATIVE_INFINITY;

  return {
    get: (name: string): Unit | undefined => table.get(name),
    /** @param entry of System 3's journal, in order */
    restore({ type, at }: JournalEntry): void {
      if (type === 'units.configured') configuredAt = Math.max(configuredAt, at);
    },

    /**
     * At the beginning of a leadership, after `restore`: the rows as they are, and what vsmcp.yaml says anew.
     * @param file as this process knows it, since `at` (ms since the epoch): where another read it later, that one
     * counts
     */
    take: (file: { units: Units; at: number }) =>
      inTurn(async () => {
        const known = await read();
        const changes = configuredAt > file.at ? new Map() : reconcileUnits(table.rows, file.units);
        for (const problem of table.ties(changes))
          context.log.warn({ problem }, 'two units have the same pattern: the first by name wins');
        await write(changes, { how: 'configured', by: 'vsmcp.yaml' }, 'as it says at the start');
        if (changes.size === 0 && known > 0) await announce();
      }),

    /** Sets and removes units for somebody, all of it or nothing. */
    arrange: ({ because, by, ...request }: Asked<'arrange'>): Promise<Arranged> =>
      inTurn(async () => {
        const author = { how: 'arranged', by } as const;
        const refusal = table.refusal(request);
        if (refusal !== undefined) return refuse(author, refusal);
        const changes = table.changes(request);
        const problems = await problemsOf(context, changes, table);
        if (problems.length > 0) return refuse(author, problems.join('\n'));
        const forbids = await forbidden(context, request.set, by);
        if (forbids !== undefined) return refuse(author, forbids);
        return write(changes, author, because);
      }),

    /** Takes what vsmcp.yaml says by now; when something is wrong with it, all stays as it is. */
    configure: ({ units: configured, by }: Asked<'configure'>): Promise<Arranged> =>
      inTurn(async () => {
        const author = { how: 'configured', by } as const;
        const changes = reconcileUnits(table.rows, configured);
        const problems = changes.size === 0 ? [] : await problemsOf(context, changes, table);
        if (problems.length > 0) return refuse(author, problems.join('\n'));
        return write(changes, author, 'read anew');
      }),
  };
}
