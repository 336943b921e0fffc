import type { Consumer, DeliveryResult, NervousSystem } from '@vsmcp/nervous-system';
import type {
  Answer,
  Ask,
  Asked,
  Capability,
  Clock,
  DataOf,
  DurableQueue,
  Ids,
  Message,
  MessageKind,
  QuestionName,
  QueueName,
  Random,
  System,
  UnitRow,
} from '@vsmcp/vsm';
import type { FleetConfig } from './config/schema.js';
import type { Database } from './database/database.js';
import type { Journal } from './journal/journal.js';
import type { Leaderships } from './leadership/leadership.js';
import type { Ledger } from './ledger/ledger.js';
import type { Log } from './log.js';
import type { Metrics } from './metrics/metrics.js';
import type { PainRows } from './pain/pain.js';
import type { Rows } from './rows/rows.js';
import type { Trace } from './trace.js';

/** The context that every service is given; nothing in it tells which transport or database it runs on. */
export interface ServiceContext {
  readonly system: System;
  readonly instance: string;
  readonly config: FleetConfig;
  /** The folder that relative paths of the config start from, and the folder for the service's own files. */
  readonly home: string;
  readonly dataDir: string;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly bus: NervousSystem;
  readonly database: Database;
  readonly ledger: Ledger;
  readonly journal: Journal;
  readonly capabilities: Rows<Capability>;
  readonly units: Rows<UnitRow>;
  readonly leaderships: Leaderships;
  /** Pain that the broker could not take; `say` writes it, System 5 reads it. */
  readonly pain: PainRows;
  /** Says a message of a known kind; resolves when it is safe. `cause` is the id of what it follows from. */
  say<K extends MessageKind>(
    kind: K,
    key: string,
    data: DataOf<K>,
    options?: {
      id?: string;
      cause?: string;
      trace?: Trace;
      /** Reject with VSM_NOT_FOUND when no queue takes it. */
      mandatory?: true;
    },
  ): Promise<void>;
  /**
   * Hears messages of the given kinds on a durable queue or a queue of this instance's own; others are passed over,
   * malformed ones are held with the reason.
   */
  hear(
    from:
      | QueueName
      | { name: string; durable: DurableQueue }
      | {
          channel: 'audit' | 'command' | 'report' | 'coordination' | 'intelligence' | 'algedonic' | 'outcome';
          bind: readonly string[];
        },
    on: readonly Hearing[],
    options?: { prefetch?: number },
  ): Promise<Consumer>;
  /** Asks a question; rejects with VSM_TIMEOUT, VSM_NOT_FOUND or, when the other side refused, VSM_REFUSED. */
  ask<N extends QuestionName>(
    name: N,
    data: Ask<N>,
    options?: { instance?: string; timeout?: number; trace?: Trace },
  ): Promise<Answer<N>>;
  /** Answers questions addressed to this system; an answer that throws is sent as a refusal with its reason. */
  answer(answers: Answers): Promise<Consumer>;
  /**
   * Opens a connection, as its parent, to a fleet that is a unit of this one; its state is in its `health`. The caller
   * closes it.
   */
  connectChild(below: Below): Promise<NervousSystem>;
  /** Adds a named check to /ready and to the heartbeat. */
  check(name: string, check: () => { ok: true } | { ok: false; reason: string }): void;
  /** The lead state this instance shows in its heartbeat. */
  leadershipState(state: { state: 'active' | 'standby'; epoch?: number }): void;
}

/** A fleet that is a unit of this one. */
export interface Below {
  path: string;
  /** The URL of its broker, where that is not this fleet's own. */
  broker?: string;
  /** The secrets that its members sign with, where they are not this fleet's own cookie. */
  cookie?: readonly string[];
}

/** One entry of `hear`: made by `on(kind, handler)`, so that the handler's message is typed. */
export interface Hearing {
  readonly kind: MessageKind;
  readonly handle: (message: Message<MessageKind>, info: Heard) => Promise<DeliveryResult> | Promise<void>;
}
export interface Heard {
  key: string;
  attempts: number;
  redelivered: boolean;
  trace: Trace;
}

export function on<K extends MessageKind>(
  kind: K,
  handle: (message: Message<K>, info: Heard) => Promise<DeliveryResult> | Promise<void>,
): Hearing {
  return { kind, handle: handle as Hearing['handle'] };
}

export type Answers = {
  [N in QuestionName]?: (asked: Asked<N>, info: { by: string; trace: Trace }) => Promise<Answer<N>>;
};

/** A service: its wiring. `start` returns how to stop what it started; stop finishes what is in flight. */
export interface Service {
  readonly system: System;
  start(context: ServiceContext): Promise<() => Promise<void>>;
}
