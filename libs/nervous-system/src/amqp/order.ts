import { createHash } from 'node:crypto';
import { type BrokerCan, exchangesOf, HASHING, reasonOf } from '@vsmcp/vsm';
import amqp, { type Options } from 'amqplib';
import type { BusLog } from '../nervous-system.js';
import { DIFFERS, REFUSED, replyCode } from './declare.js';

/** AMQP's reply code for what the broker does not know; RabbitMQ closes the whole connection over it. */
const COMMAND_INVALID = 503;
/** ms for the handshake */
const TIMEOUT = 10_000;

/**
 * True when the broker hashes for this fleet: it knows the exchange type, and the fleet's exchange is not there as
 * another one, from a time when it did not. Nobody can be asked but by declaring, on a connection that may be lost for
 * it. A user who may not declare is told that it does: whoever declares knows. Rejects when the broker cannot be
 * reached.
 */
export async function brokerCan(options: Options.Connect, path: string, log: BusLog): Promise<BrokerCan> {
  const model = await amqp.connect(options, {
    timeout: TIMEOUT,
    clientProperties: { connection_name: `${path} asks` },
  });
  let refusal: unknown;
  const keep = (error: unknown): void => {
    refusal ??= error;
  };
  model.on('error', keep);
  try {
    const channel = await model.createChannel();
    channel.on('error', keep);
    for (const { name, type, internal, arguments: given } of exchangesOf(path, ['environment']).exchanges) {
      if (type === HASHING) await channel.assertExchange(name, type, { durable: true, internal, arguments: given });
    }
    await model.close();
    return { hash: true };
  } catch (error) {
    const code = replyCode(refusal) ?? replyCode(error);
    if (code !== COMMAND_INVALID) await model.close();
    if (code === REFUSED) return { hash: true };
    if (code !== COMMAND_INVALID && code !== DIFFERS) throw error;
    const reason = code === DIFFERS ? 'it stands as an exchange that does not hash' : reasonOf(refusal ?? error);
    log.warn({ path, reason }, 'events with a partition key have one partition: see vsmcp doctor');
    return { hash: false };
  }
}

/** Abilities of the broker, asked once until it is forgotten. */
export class Abilities {
  #known: Promise<BrokerCan> | undefined;
  readonly #find: () => Promise<BrokerCan>;

  constructor(find: () => Promise<BrokerCan>) {
    this.#find = find;
  }

  ask(): Promise<BrokerCan> {
    this.#known ??= this.#find().catch((error: unknown) => {
      this.forget();
      throw error;
    });
    return this.#known;
  }

  forget(): void {
    this.#known = undefined;
  }
}

/**
 * The instance that is the first to take a partition: rendezvous hashing, so that each gets about its share and a join
 * or leave moves no more than that. RabbitMQ hands a partition over when one with a higher priority joins from 4.0 on,
 * and before when its holder goes.
 */
export function priorityOf(instance: string, partition: string): number {
  return createHash('sha256').update(`${instance} ${partition}`).digest().readUInt32BE() >>> 1;
}
