import type { ServiceContext } from '@vsmcp/service';
import { type Answer, type Asked, Settle } from '@vsmcp/vsm';

/**
 * Settles held events for a person or an agent: answers one that asks a person, or has many retried, discarded or
 * refused.
 */
export function settling(context: ServiceContext, epoch: number) {
  const { journal, log } = context;
  return {
    /** A person answers an event that waits for one. */
    async answer({ id, source, ...answer }: Asked<'answer'>): Promise<Answer<'answer'>> {
      const { held } = await context.ask('held', { reason: 'asked', id, ...(source && { source }) });
      const [one, other] = held;
      if (one === undefined)
        return { accepted: false, because: `no event ${id} waits for a person; see vsmcp held list --reason asked` };
      if (other !== undefined) {
        const sources = held.map((row) => row.source).join(', ');
        return { accepted: false, because: `events of several sources have the id ${id}: say which (${sources})` };
      }
      const data = { id, source: one.source, type: one.type, unit: one.unit, question: one.because, ...answer };
      await journal.append({ system: 's3', epoch, type: 'answer', cause: answer.by, data });
      const filter = { reason: 'asked' as const, id, source: one.source, limit: 1 };
      const because = answer.because || `${answer.by}: ${answer.verdict}`;
      await context.say(Settle, 's1.any.settle', { epoch, how: 'answer', filter, because, answer }, { cause: id });
      log.info(data, `${answer.by} answers ${one.type} ${id}: ${answer.verdict}`);
      return { accepted: true, because: `System 1 goes on with it: ${answer.verdict}`, id };
    },
    async settle({ how, filter, because, by }: Asked<'settle'>): Promise<Answer<'settle'>> {
      if (how === 'done' && filter.reason !== 'doubt')
        return { accepted: false, because: 'only what is in doubt can be said to be done: --reason doubt' };
      const id = context.ids();
      await journal.append({ system: 's3', epoch, type: 'settle', cause: by, data: { id, how, filter, because, by } });
      const command = { epoch, how, filter, because: `${because} (${by})` };
      await context.say(Settle, 's1.any.settle', command, { cause: id });
      log.info({ how, filter, by }, `${by} has held events settled: ${how}`);
      return { accepted: true, because: `System 1 is told to ${how}`, id };
    },
  };
}
