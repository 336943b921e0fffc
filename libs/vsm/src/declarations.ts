/**
 * Declarations of AMQP 0-9-1 as plain data: exchanges, queues and what is bound to what. `topology.ts` and `order.ts`
 * make them out of the channel table; the nervous system declares them on a broker, the command line compares them with
 * one.
 */

/** The exchange type of RabbitMQ's plugin `rabbitmq_consistent_hash_exchange`. */
export const HASHING = 'x-consistent-hash';

/** Abilities of a broker, as its plugins give them. */
export interface BrokerCan {
  /** The exchange type `x-consistent-hash`; without it there is one partition. */
  hash: boolean;
}

/** A broker object's arguments, as AMQP 0-9-1 has them. */
export type TopologyArguments = Record<string, string | number | boolean | null>;

/** All exchanges are durable; those of the channels are topic exchanges. */
export interface ExchangeDeclaration {
  name: string;
  type: 'topic' | 'fanout' | 'headers' | typeof HASHING;
  /** Nobody may publish to it: it is only passed on to. */
  internal: boolean;
  arguments: TopologyArguments;
}

/** All queues here are durable; the queues of a single instance are its own affair. */
export interface QueueDeclaration {
  name: string;
  arguments: TopologyArguments;
}

export interface BindingDeclaration {
  exchange: string;
  queue: string;
  key: string;
}

/** A rule by which one exchange passes messages on to another. */
export interface ExchangeBinding {
  from: string;
  to: string;
  key: string;
  arguments: TopologyArguments;
}

/** All that must stand on the broker for one fleet, in an order in which it can be declared. */
export interface Topology {
  exchanges: ExchangeDeclaration[];
  exchangeBindings: ExchangeBinding[];
  queues: QueueDeclaration[];
  bindings: BindingDeclaration[];
}
