import type { Clock, Ids } from '@vsmcp/vsm';
import type { Member, NervousSystem } from '../nervous-system.js';
import { MemoryExchanges } from './exchanges.js';
import { MemoryNervousSystem } from './memory.js';

/** A broker inside the process: several services share it, each with its own nervous system. */
export class MemoryBroker extends MemoryExchanges {
  /** Joins the fleet at the member's path; its durable queues are declared with the first who joins. */
  connect(member: Member): NervousSystem {
    this.declareFleet(member.path);
    return new MemoryNervousSystem(this, member);
  }
}

export function openMemoryBroker(around: { clock: Clock; ids: Ids }): MemoryBroker {
  return new MemoryBroker(around);
}
