import type { Consumer } from '@vsmcp/nervous-system';
import { on, type ServiceContext } from '@vsmcp/service';
import { type Ended, Evidence, type OperationRef, Probe, word } from '@vsmcp/vsm';

/** Operations that are remembered, the last ones. */
const MOST = 5000;

/** How operations ended, written down where it is seen, for System 3 to compare with what was reported. */
export class Endings {
  readonly #last = new Map<string, Ended>();

  add(ended: Ended): void {
    const name = nameOf(ended);
    this.#last.delete(name);
    this.#last.set(name, ended);
    const [oldest] = this.#last.keys();
    if (this.#last.size > MOST && oldest !== undefined) this.#last.delete(oldest);
  }

  of(operations: readonly OperationRef[]): Ended[] {
    return operations.flatMap((operation) => this.#last.get(nameOf(operation)) ?? []);
  }
}

const nameOf = ({ source, id }: OperationRef) => JSON.stringify([source, id]);

/** Answers System 3's probes with what this replica saw. */
export function hearProbes(context: ServiceContext, endings: Endings): Promise<Consumer> {
  const { instance, say } = context;
  return context.hear({ channel: 'audit', bind: ['probe.*'] }, [
    on(Probe, async ({ data: { probe, unit, operations }, id }) => {
      const seen = endings.of(operations);
      if (seen.length === 0) return;
      await say(Evidence, `evidence.${word(unit)}`, { probe, unit, instance, operations: seen }, { cause: id });
    }),
  ]);
}
