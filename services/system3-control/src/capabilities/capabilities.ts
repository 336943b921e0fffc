import { on, type ServiceContext } from '@vsmcp/service';
import {
  CapabilitiesChanged,
  type Capability,
  CapabilityState,
  type DataOf,
  grantsOf,
  type Loop,
  Reapproval,
  Settle,
  sourceOf,
  Tried,
  Try,
  Verdict,
} from '@vsmcp/vsm';
import { Cooling } from '../regulating/cooling.js';
import { reapprovalOf, upgradeOf } from './drift.js';
import { Replicas } from './replicas.js';
import { observed, reconcile } from './servers.js';
import { type Action, actionOf } from './verdicts.js';

/** Verdicts remembered as done, so that a repeat is not done again. */
const MOST_DONE = 10_000;

/** Keeps the table of servers, and does what System 5 allowed. */
export function capabilities(context: ServiceContext, epoch: number) {
  const { journal, log, metrics } = context;
  const counted = metrics.gauge('vsmcp_capabilities', 'Servers the fleet knows, by state', ['state']);
  const commands = metrics.counter('vsmcp_commands_total', 'Commands of System 3', ['verb']);
  const replicas = new Replicas();
  const cooling = new Cooling();
  const done = new Set<string>();
  /** Versions that are tried. What is tried when another leads is asked for again by whoever wanted it. */
  const upgrades = new Map<string, DataOf<typeof Reapproval>>();
  let last: Promise<unknown> = Promise.resolve();

  /** One after the other: each reads the table and writes what follows from it. */
  function inTurn<T>(task: () => Promise<T>): Promise<T> {
    const turn = last.then(task);
    // Whoever asked sees its failure; the next goes ahead all the same.
    last = turn.catch(() => undefined);
    return turn;
  }

  function remember(verdict: string): void {
    done.add(verdict);
    const [oldest] = done;
    if (done.size > MOST_DONE && oldest !== undefined) done.delete(oldest);
  }

  async function write(row: Capability): Promise<number> {
    const version = await context.capabilities.write(row.server, row, { system: 's3', epoch });
    const { rows } = await context.capabilities.read();
    for (const state of ['wanted', 'ready', 'suspended', 'failed', 'removed'] as const)
      counted.set({ state }, rows.filter((r) => r.state === state).length);
    return version;
  }

  async function announce(version: number, cause?: string): Promise<void> {
    await context.say(CapabilitiesChanged, 's1.all.capabilities', { version, epoch }, cause ? { cause } : {});
    commands.inc({ verb: 'capabilities' });
  }

  async function act(said: DataOf<typeof Verdict>, cause: string): Promise<void> {
    if (said.verdict !== 'allow' || done.has(cause)) return;
    const cooled = said.proposal.stage === 'install' ? cooling.holds(said.proposal.server) : undefined;
    const action: Action =
      cooled === undefined
        ? actionOf(said, (await context.capabilities.read()).rows, epoch)
        : { do: 'nothing', because: cooled };
    if (action.do === 'try') await context.say(Try, 's1.any.try', action.command, { cause });
    if (action.do === 'settle') await context.say(Settle, 's1.any.settle', action.command, { cause });
    if (action.do === 'write') await announce(await write(action.row), cause);
    if (action.do === 'try' && said.proposal.stage === 'upgrade')
      upgrades.set(said.proposal.proposal, { ...said.proposal });
    else commands.inc({ verb: action.do });
    const { proposal, stage, server, type } = said.proposal;
    const because = action.do === 'nothing' ? action.because : said.because;
    const data = { proposal, stage, server, type, did: action.do, rule: said.rule, because };
    // Journalled after the deed: a leader that goes in between leaves the verdict unacknowledged, and it is done again.
    await journal.append({ system: 's3', epoch, type: 'verdict.done', cause, data });
    remember(cause);
    if (action.do === 'nothing') log.warn(data, `${stage} of ${server}: ${because}`);
    else log.info(data, `${stage} of ${server}: ${action.do}`);
  }

  async function observe(report: DataOf<typeof CapabilityState>, cause: string): Promise<void> {
    replicas.says(report, context.clock.now());
    const { rows } = await context.capabilities.read();
    const row = rows.find((r) => r.server === report.server);
    const next = row && observed(row, report, replicas.readyElsewhere(report.server, report.instance));
    if (!next) return;
    const version = await write(next);
    const { server, state, contract, reason, confinement } = next;
    const data = { server, state, contract, reason, confinement, instance: report.instance };
    await journal.append({ system: 's3', epoch, type: `capability.${state}`, cause, data });
    log.info(data, `${server} is ${state}${reason ? `: ${reason}` : ''}`);
    if (state === 'suspended') await ask(next, cause);
    // The replicas know their own state; what they cannot know is a contract just pinned, or one that another broke.
    if (row.contract !== next.contract || state === 'suspended') await announce(version, cause);
  }

  /** Has System 5 decide about a suspended server. Asked again, it is the same question. */
  async function ask(row: Capability, cause: string): Promise<void> {
    const proposal = reapprovalOf(row);
    if (proposal) await context.say(Reapproval, 's3.proposal', proposal, { id: proposal.proposal, cause });
  }

  /** Has System 5 decide about another version, once it is known what that offers. */
  async function weigh(report: DataOf<typeof Tried>, cause: string): Promise<void> {
    const asked = upgrades.get(report.proposal);
    if (!asked || !upgrades.delete(report.proposal)) return;
    const { rows } = await context.capabilities.read();
    const row = rows.find((r) => r.server === asked.server && r.state !== 'removed');
    if (row) await context.say(Reapproval, 's3.proposal', upgradeOf(asked, row, report), { cause });
  }

  return {
    tried: on(Tried, (message) => inTurn(() => weigh(message.data, message.id))),
    verdicts: on(Verdict, (message) => inTurn(() => act(message.data, message.id))),
    states: on(CapabilityState, (message) => inTurn(() => observe(message.data, message.id))),
    /** Servers that come and go and come again. */
    loops: async (loop: DataOf<typeof Loop>) => cooling.heard(loop),
    /** A sign of life of a replica. */
    seen: (instance: string, every?: number) => replicas.seen(instance, context.clock.now(), every),
    /** What was done under earlier leaders, and the rows that the config wants. */
    async take(wanted: readonly Capability[]): Promise<void> {
      for await (const entry of journal.replay('s3'))
        if (entry.type === 'verdict.done' && entry.cause !== null) remember(entry.cause);
      const { rows, version } = await context.capabilities.read();
      let latest = version;
      for (const row of reconcile(rows, wanted)) {
        latest = await write(row);
        const { server, state, spec } = row;
        const data = { server, state, source: sourceOf(spec), grants: grantsOf(spec) };
        await journal.append({ system: 's3', epoch, type: 'capability.configured', cause: 'vsmcp.yaml', data });
      }
      await announce(latest);
      // One may have been suspended by a leader that went before it asked.
      for (const row of (await context.capabilities.read()).rows) await ask(row, 'takeover');
    },
  };
}
