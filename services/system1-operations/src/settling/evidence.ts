import type { Consumer } from '@vsmcp/nervous-system';
import { on, type ServiceContext } from '@vsmcp/service';
import { type Ended, Evidence, type OperationRef, Probe, word } from '@vsmcp/vsm';

/** Operations that are remembered at least, the last ones; at most twice as many. */
const MOST = 5000;

/** How operations ended, written down where it is seen, for System 3 to compare with what was reported. */
export class OperationEvidence {
  #last = new Map<string, Ended>();
  /** Those before, forgotten together: to look for the oldest in a map from which many were deleted takes long. */
  #before: ReadonlyMap<string, Ended> = new Map();

  add(ended: Ended): void {
    if (this.#last.size >= MOST) {
      this.#before = this.#last;
      this.#last = new Map();
    }
    this.#last.set(nameOf(ended), ended);
  }

  has(operation: OperationRef): boolean {
    return this.#get(operation) !== undefined;
  }

  of(operations: readonly OperationRef[]): Ended[] {
    return operations.flatMap((operation) => this.#get(operation) ?? []);
  }

  #get(operation: OperationRef): Ended | undefined {
    const name = nameOf(operation);
    return this.#last.get(name) ?? this.#before.get(name);
  }
}

const nameOf = ({ source, id }: OperationRef) => JSON.stringify([source, id]);

/** Answers System 3's probes with what this replica saw. */
export function hearProbes(context: ServiceContext, evidence: OperationEvidence): Promise<Consumer> {
  const { instance, say } = context;
  return context.hear({ channel: 'audit', bind: ['probe.*'] }, [
    on(Probe, async ({ data: { probe, unit, operations }, id }) => {
      const seen = evidence.of(operations);
      if (seen.length === 0) return;
      await say(Evidence, `evidence.${word(unit)}`, { probe, unit, instance, operations: seen }, { cause: id });
    }),
  ]);
}
