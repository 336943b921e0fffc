import type { HeldReason, OutcomeKind } from '@vsmcp/vsm';
import type { Claimed } from '../../src/index.js';

interface Row {
  order: number;
  state: 'claimed' | 'called' | 'given' | 'settled';
  attempt: number;
  deadline: number;
  outcome?: OutcomeKind;
  record?: unknown;
  /** Lives here: held with its event. */
  kept: boolean;
}

const HELD: readonly string[] = ['parked', 'dead', 'doubt', 'asked'] satisfies HeldReason[];

/** The ledger as its docstrings say it, in a Map. */
export class LedgerModel {
  readonly #rows = new Map<string, Row>();

  attemptOf(key: string): number {
    return this.#rows.get(key)?.attempt ?? 0;
  }

  claim(key: string, now: number, deadline: number): Claimed {
    const row = this.#rows.get(key);
    if (!row) {
      this.#rows.set(key, { order: this.#rows.size, state: 'claimed', attempt: 1, deadline, kept: false });
      return { state: 'fresh', attempt: 1 };
    }
    if (row.state === 'settled') {
      return { state: 'settled', outcome: row.outcome ?? 'dead', record: row.record };
    }
    if (row.state !== 'given' && row.deadline > now) return { state: 'taken', deadline: row.deadline };
    const state = row.state === 'called' ? 'called' : 'again';
    Object.assign(row, { state: row.state === 'called' ? 'called' : 'claimed', attempt: row.attempt + 1, deadline });
    return { state, attempt: row.attempt };
  }

  intend(key: string, attempt: number, deadline: number): boolean {
    const row = this.#mine(key, attempt);
    if (row) Object.assign(row, { state: 'called', deadline });
    return row !== undefined;
  }

  settle(key: string, attempt: number, outcome: OutcomeKind, record: unknown): boolean {
    const row = this.#mine(key, attempt);
    if (row) Object.assign(row, { state: 'settled', outcome, record, kept: HELD.includes(outcome) });
    return row !== undefined;
  }

  settleNew(key: string, outcome: OutcomeKind, record: unknown): boolean {
    if (this.#rows.has(key)) return false;
    const kept = HELD.includes(outcome);
    this.#rows.set(key, { order: this.#rows.size, state: 'settled', attempt: 1, deadline: 0, outcome, record, kept });
    return true;
  }

  release(key: string, attempt: number): void {
    const row = this.#mine(key, attempt);
    if (row) row.state = row.kept ? 'settled' : 'given';
  }

  reclaim(reason: HeldReason, deadline: number, limit: number): [string, number, boolean][] {
    return this.#take(
      (row) => row.state === 'settled' && row.outcome === reason && row.kept,
      limit,
      (row) => {
        Object.assign(row, { state: 'claimed', deadline });
      },
    );
  }

  abandoned(now: number, deadline: number): [string, number, boolean][] {
    const lost = (row: Row) => row.kept && (row.state === 'claimed' || row.state === 'called') && row.deadline <= now;
    return this.#take(lost, Number.POSITIVE_INFINITY, (row) => {
      row.deadline = deadline;
    });
  }

  /** Held events, and what is settled for good, by outcome. */
  counts(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { state, outcome } of this.#rows.values()) {
      if (state === 'settled' && outcome) counts[outcome] = (counts[outcome] ?? 0) + 1;
    }
    return counts;
  }

  #mine(key: string, attempt: number): Row | undefined {
    const row = this.#rows.get(key);
    const open = row?.state === 'claimed' || row?.state === 'called';
    return open && row.attempt === attempt ? row : undefined;
  }

  #take(which: (row: Row) => boolean, limit: number, change: (row: Row) => void): [string, number, boolean][] {
    const found = [...this.#rows].filter(([, row]) => which(row)).sort(([, a], [, b]) => a.order - b.order);
    return found.slice(0, limit).map(([key, row]) => {
      row.attempt++;
      change(row);
      return [key, row.attempt, row.state === 'called'];
    });
  }
}
