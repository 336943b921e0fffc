import type { ServiceContext } from '@vsmcp/service';
import {
  type Answer,
  type Asked,
  type DataOf,
  HAVING,
  type JournalEntry,
  type Loop,
  Precedence,
  reasonOf,
  SHARES_OF_THE_POOL,
  THEIR_LOAD,
} from '@vsmcp/vsm';

type LoopData = DataOf<typeof Loop>;

/** Answers of people that are remembered. */
const MOST = 1000;

/**
 * Units that undo each other: System 2 slows them, but whose purpose comes first is not its to say. System 3 asks: what
 * a person said of the same resource before, then System 5's policy. Whoever it is, System 2 is told, and the others
 * yield. Where nobody knows, they stay slowed until a person says (`prefer`).
 */
export function quarrels({ journal, log, ask, instance }: ServiceContext, epoch: number) {
  const toldLoops = new Map<string, LoopData>();
  /** Resource → the answer that a person gave. */
  const answers = new Map<string, Precedence>();
  /** Resources about which it is being asked. */
  const asking = new Set<string>();

  function remember(resource: string, first: Precedence): void {
    answers.delete(resource);
    answers.set(resource, first);
    const [oldest] = answers.keys();
    if (answers.size > MOST && oldest !== undefined) answers.delete(oldest);
  }

  async function settle(resource: string, first: Precedence): Promise<Answer<'precede'>> {
    await journal.append({ system: 's3', epoch, type: 'purpose.first', cause: resource, data: first });
    log.info({ resource, ...first }, `the purpose of ${first.unit} comes first`);
    return ask('precede', { resource, first, by: instance });
  }

  /** Nothing waits for it: System 2 slows them meanwhile. */
  async function decide({ resource, units }: LoopData): Promise<void> {
    const remembered = answers.get(resource);
    const first =
      remembered && units.includes(remembered.unit) ? remembered : (await ask('whose', { resource, units })).first;
    if (first) await settle(resource, first);
    else log.warn({ resource, units }, "whose purpose comes first is nobody's to say but a person's");
  }

  return {
    /** Answers that people gave under earlier leaders. @param entry of System 3's journal, in order */
    restore({ type, cause, data }: JournalEntry): void {
      if (type !== 'purpose.first' || cause === null) return;
      const known = Precedence.safeParse(data);
      if (known.success && known.data.by !== 'policy') remember(cause, known.data);
    },
    hearing: async (loop: LoopData): Promise<void> => {
      if (isNobodys(loop)) return;
      if (loop.state === 'settled') toldLoops.delete(loop.resource);
      else toldLoops.set(loop.resource, loop);
      if (loop.state === 'settled' || loop.first || asking.has(loop.resource)) return;
      asking.add(loop.resource);
      await decide(loop)
        .catch((error: unknown) =>
          log.warn({ err: error, ...loop }, `whose purpose comes first could not be asked: ${reasonOf(error)}`),
        )
        .finally(() => asking.delete(loop.resource));
    },
    async prefer({ unit, resource, because, by }: Asked<'prefer'>): Promise<Answer<'prefer'>> {
      const loop = toldLoops.get(resource);
      if (!loop) return { accepted: false, because: `no units undo each other on ${resource}: vsmcp coordination` };
      if (!loop.units.includes(unit)) return { accepted: false, because: `it is between ${loop.units.join(' and ')}` };
      const first = { unit, because, by };
      const answer = await settle(resource, first);
      if (answer.accepted) remember(resource, first);
      return answer;
    },
  };
}

/** It is about no resource that one of them could have first. */
function isNobodys({ resource }: LoopData): boolean {
  return resource === SHARES_OF_THE_POOL || resource === THEIR_LOAD || resource.startsWith(HAVING);
}
