import { isDeepStrictEqual } from 'node:util';
import { changedUnit, patternsOf, reconcileUnits, type ServiceContext, tie, unknownServers } from '@vsmcp/service';
import { type Answer, type Asked, type Unit, type UnitRow, type Units, UnitsChanged } from '@vsmcp/vsm';
import { movedSystems } from './systems.js';
import { toolsOf } from './unit-tools.js';

type Arranged = Answer<'arrange'>;
type Changes = Map<string, UnitRow | undefined>;

/** Names that the journal and an answer list, and units that the journal keeps whole. */
const MOST_NAMES = 1000;
const MOST_KEPT = 10;

/** Keeps the table of units: what vsmcp.yaml says, and what is changed live, under policy. */
export function units(context: ServiceContext, epoch: number) {
  const { journal, log, metrics } = context;
  const counted = metrics.gauge('vsmcp_units', 'Units the fleet has');
  const changed = metrics.counter('vsmcp_unit_changes_total', 'Units set or removed', ['how', 'result']);
  const rows = new Map<string, UnitRow>();
  /** Pattern → the unit that has it. */
  const owners = new Map<string, string>();
  let version = 0;
  let last: Promise<unknown> = Promise.resolve();

  /** One after the other, so that each is checked against what the one before left. */
  function inTurn<T>(task: () => Promise<T>): Promise<T> {
    const turn = last.then(task);
    last = turn.catch(() => undefined); // whoever asked sees its failure
    return turn;
  }

  function put(changes: Changes): void {
    for (const [name, row] of changes) {
      for (const pattern of patternsOfRow(rows.get(name))) if (owners.get(pattern) === name) owners.delete(pattern);
      if (row === undefined) rows.delete(name);
      else rows.set(name, row);
    }
    for (const [name, row] of changes) for (const pattern of patternsOfRow(row)) owners.set(pattern, name);
    counted.set([...rows.values()].filter(({ unit }) => unit !== null).length);
  }

  /** Patterns that two units would have. */
  function ties(changes: Changes): string[] {
    const claimed = new Map<string, string>();
    const problems: string[] = [];
    for (const [name, row] of changes) {
      for (const [pattern, path] of row?.unit ? patternsOf(row.unit) : []) {
        const owner = owners.get(pattern);
        const other = claimed.get(pattern) ?? (owner !== undefined && !changes.has(owner) ? owner : undefined);
        if (other !== undefined) problems.push(`units.${name}.${path.map(String).join('.')}: ${tie(pattern, other)}`);
        claimed.set(pattern, name);
      }
    }
    return problems;
  }

  /** All that is wrong with what is to be; asks System 1 about the expressions. */
  async function problemsOf(changes: Changes): Promise<string[]> {
    const set: Units = {};
    for (const [name, row] of changes) if (row?.unit) set[name] = row.unit;
    const { rows: known } = await context.capabilities.read();
    const servers = Object.fromEntries(
      known.filter(({ state }) => state !== 'removed').map(({ server }) => [server, true]),
    );
    const unknown = unknownServers({ units: set, servers }).map(
      ({ path, message }) => `${path.map(String).join('.')}: ${message}`,
    );
    const { problems } = await context.ask('examine', { units: set });
    return [...unknown, ...ties(changes), ...problems, ...movedSystems(set, context.config.units)];
  }

  /** What policy says of it; undefined when nothing is forbidden. */
  async function forbidden(set: Units, by: string): Promise<string | undefined> {
    for (const { server, tool, names } of toolsOf(set)) {
      const asked = { action: 'unit', by, arguments: names, ...(server && { server, tool }) };
      const { permitted, rule, because } = await context.ask('permit', asked);
      if (!permitted) return `${rule}: ${because}`;
    }
    return undefined;
  }

  async function write(changes: Changes, how: string, by: string, because: string): Promise<Arranged> {
    const set = [...changes].filter(([, row]) => row?.unit).map(([name]) => name);
    const removed = [...changes].filter(([, row]) => !row?.unit).map(([name]) => name);
    if (changes.size > 0) {
      version = await context.units.writeAll(changes, { system: 's3', epoch });
      put(changes);
      const few = changes.size <= MOST_KEPT ? { units: Object.fromEntries(unitsIn(changes)) } : {};
      const names = { set: set.slice(0, MOST_NAMES), removed: removed.slice(0, MOST_NAMES) };
      const data = { version, changes: changes.size, ...names, ...few, by, because };
      await journal.append({ system: 's3', epoch, type: `units.${how}`, cause: by, data });
      log.info({ version, set: set.length, removed: removed.length, by }, `${by} has units ${how}`);
      await context.say(UnitsChanged, 's1.all.units', { version, epoch }, { cause: by });
    }
    changed.inc({ how, result: 'accepted' });
    const words = [summary(set, 'set'), summary(removed, 'removed')].filter(Boolean).join(', ') || 'it is so already';
    return {
      ...{ accepted: true, because: words, version },
      ...{ set: set.slice(0, MOST_NAMES), removed: removed.slice(0, MOST_NAMES) },
    };
  }

  function refuse(how: string, by: string, because: string): Arranged {
    changed.inc({ how, result: 'refused' });
    log.warn({ by, because }, `units are not ${how}`);
    return { accepted: false, because };
  }

  /** Whether vsmcp.yaml was read and taken after that instant. */
  async function readSince(at: number): Promise<boolean> {
    for await (const entry of journal.replay('s3')) if (entry.type === 'units.configured' && entry.at > at) return true;
    return false;
  }

  return {
    get: (name: string): Unit | undefined => rows.get(name)?.unit ?? undefined,

    /**
     * At the beginning of a leadership: the rows as they are, and what vsmcp.yaml says anew.
     * @param file as this process knows it, since `at` (ms since the epoch): where another read it later, that one counts
     */
    take: (file: { units: Units; at: number }) =>
      inTurn(async () => {
        const known = await context.units.readSince(0);
        version = known.version;
        put(known.rows);
        const changes = (await readSince(file.at)) ? new Map() : reconcileUnits(rows.values(), file.units);
        for (const problem of ties(changes))
          log.warn({ problem }, 'two units have the same pattern: the first by name wins');
        await write(changes, 'configured', 'vsmcp.yaml', 'as it says at the start');
        if (changes.size === 0 && version > 0) await context.say(UnitsChanged, 's1.all.units', { version, epoch });
      }),

    /** Sets and removes units for somebody, all of it or nothing. */
    arrange: ({ set, remove, fresh, because, by }: Asked<'arrange'>): Promise<Arranged> =>
      inTurn(async () => {
        const there = fresh ? Object.keys(set).filter((name) => rows.get(name)?.unit) : [];
        if (there.length > 0)
          return refuse('arranged', by, `there is a unit ${there.join(', ')} already: set it to change it`);
        const missing = remove.filter((name) => !rows.get(name)?.unit);
        if (missing.length > 0) return refuse('arranged', by, `there is no unit ${missing.join(', ')}`);
        const both = remove.filter((name) => name in set);
        if (both.length > 0) return refuse('arranged', by, `${both.join(', ')}: set and removed at the same time`);
        const changes: Changes = new Map();
        for (const [name, unit] of Object.entries(set)) {
          const row = rows.get(name);
          if (!isDeepStrictEqual(row?.unit, unit)) changes.set(name, changedUnit(name, row, unit));
        }
        for (const name of remove) changes.set(name, changedUnit(name, rows.get(name), null));
        const problems = await problemsOf(changes);
        if (problems.length > 0) return refuse('arranged', by, problems.join('\n'));
        const forbids = await forbidden(set, by);
        if (forbids !== undefined) return refuse('arranged', by, forbids);
        return write(changes, 'arranged', by, because);
      }),

    /** Takes what vsmcp.yaml says by now; when something is wrong with it, all stays as it is. */
    configure: ({ units: configured, by }: Asked<'configure'>): Promise<Arranged> =>
      inTurn(async () => {
        const changes = reconcileUnits(rows.values(), configured);
        const problems = changes.size === 0 ? [] : await problemsOf(changes);
        if (problems.length > 0) return refuse('configured', by, problems.join('\n'));
        return write(changes, 'configured', by, 'read anew');
      }),
  };
}

function patternsOfRow(row: UnitRow | undefined): Iterable<string> {
  return row?.unit ? patternsOf(row.unit).keys() : [];
}

function unitsIn(changes: Changes): [string, Unit | null][] {
  return [...changes].map(([name, row]) => [name, row?.unit ?? null]);
}

function summary(names: readonly string[], how: string): string {
  if (names.length === 0) return '';
  return names.length <= 5 ? `${how}: ${names.join(', ')}` : `${how}: ${names.length} units`;
}
