import type { ServiceContext } from '@vsmcp/service';
import {
  type Answer,
  type Asked,
  type DataOf,
  HAVING,
  type Loop,
  Precedence,
  reasonOf,
  SHARES_OF_THE_POOL,
  THEIR_LOAD,
} from '@vsmcp/vsm';

type Told = DataOf<typeof Loop>;

/** Answers of people that are remembered. */
const MOST = 1000;

/**
 * Units that undo each other: System 2 slows them, but whose purpose comes first is not its to say. System 3 asks: what a person said of the same
 * resource before, then System 5's policy. Whoever it is, System 2 is told, and the others yield. Where nobody knows, they stay slowed until
 * a person says (`prefer`).
 */
export async function quarrels({ journal, log, ask, instance }: ServiceContext, epoch: number) {
  const toldLoops = new Map<string, Told>();
  const said = new Map<string, Precedence>();
  /** Resources about which it is being asked. */
  const asking = new Set<string>();
  for (const { cause, data } of (await journal.read({ system: 's3', type: 'purpose.first', limit: MOST })).reverse()) {
    const known = Precedence.safeParse(data);
    if (cause && known.success && known.data.by !== 'policy') said.set(cause, known.data);
  }

  async function settle(resource: string, first: Precedence): Promise<Answer<'precede'>> {
    await journal.append({ system: 's3', epoch, type: 'purpose.first', cause: resource, data: first });
    log.info({ resource, ...first }, `the purpose of ${first.unit} comes first`);
    return ask('precede', { resource, first, by: instance });
  }

  /** Nothing waits for it: System 2 slows them meanwhile. */
  async function decide({ resource, units }: Told): Promise<void> {
    const remembered = said.get(resource);
    const first =
      remembered && units.includes(remembered.unit) ? remembered : (await ask('whose', { resource, units })).first;
    if (first) await settle(resource, first);
    else log.warn({ resource, units }, "whose purpose comes first is nobody's to say but a person's");
  }

  return {
    hearing: async (loop: Told): Promise<void> => {
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
      if (answer.accepted) said.set(resource, first);
      return answer;
    },
  };
}

/** It is about no resource that one of them could have first. */
function isNobodys({ resource }: Told): boolean {
  return resource === SHARES_OF_THE_POOL || resource === THEIR_LOAD || resource.startsWith(HAVING);
}
