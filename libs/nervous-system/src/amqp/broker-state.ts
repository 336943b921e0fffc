import {
  exchangeName,
  HASHING,
  type Ids,
  ownQueuePrefix,
  type Party,
  SYSTEMS,
  type Topology,
  VsmError,
} from '@vsmcp/vsm';
import amqp, { type Channel, type ChannelModel } from 'amqplib';
import { addressOf, brokerTrouble, refusalOf } from './address.js';
import { DIFFERS, NOT_FOUND, REFUSED, replyCode, steps } from './declare.js';

/** Not used: a visit is over before the first one. ms */
const HEARTBEAT = 30_000;

/** State of a topology on a broker, as AMQP tells it: bindings cannot be looked for. */
export interface DeclaredState {
  missing: string[];
  /** Stands with other arguments. Undefined where the user may not declare, and so cannot compare. */
  different: string[] | undefined;
  queues: { name: string; messages: number; consumers: number }[];
}

/** Rights of the user in the fleet at a path. */
export interface Rights {
  /** Declare what outlives a process. */
  declare: boolean;
  /** The systems whose instances could listen and speak as this user. */
  as: Party[];
}

/** A look at a broker that changes nothing on it. */
export interface BrokerState {
  readonly product: string;
  readonly version: string;
  readonly vhost: string;
  declaredState(topology: Topology): Promise<DeclaredState>;
  rights(path: string): Promise<Rights>;
  close(): Promise<void>;
}

/**
 * Connects once, for a look. Rejects with VSM_CONFIG for a URL that cannot be, VSM_BROKER when nothing lets us in.
 * @param timeout ms for the handshake
 */
export async function readBroker(url: string, { timeout, ids }: { timeout: number; ids: Ids }): Promise<BrokerState> {
  const { options, shown } = addressOf(url, HEARTBEAT);
  let model: ChannelModel;
  try {
    model = await amqp.connect(options, { timeout, clientProperties: { connection_name: 'vsmcp doctor' } });
  } catch (error) {
    const said = `${shown}: ${refusalOf(error, options.vhost ?? '/')}`;
    throw new VsmError('VSM_BROKER', said, { cause: error, trouble: brokerTrouble(error) });
  }
  // what it says is said again by the call that it befell
  model.on('error', () => {});
  const { product, version } = model.connection.serverProperties;
  return {
    product: String(product),
    version: String(version),
    vhost: options.vhost ?? '/',
    declaredState: (topology) => declaredState(model, topology),
    rights: (path) => rights(model, path, ids),
    close: () => model.close(),
  };
}

async function declaredState(model: ChannelModel, topology: Topology): Promise<DeclaredState> {
  const missing: string[] = [];
  const queues: DeclaredState['queues'] = [];
  for (const { name } of topology.exchanges) {
    if ((await attempt(model, (channel) => channel.checkExchange(name))).code === NOT_FOUND) missing.push(name);
  }
  for (const { name } of topology.queues) {
    const { code, value } = await attempt(model, (channel) => channel.checkQueue(name));
    if (value) queues.push({ name, messages: value.messageCount, consumers: value.consumerCount });
    else if (code === NOT_FOUND) missing.push(name);
  }
  return { missing, different: await different(model, topology, new Set(missing)), queues };
}

/** To declare again what stands changes nothing, and is refused where the arguments are others. */
async function different(model: ChannelModel, topology: Topology, missing: Set<string>): Promise<string[] | undefined> {
  const found: string[] = [];
  const { exchanges, queues } = topology;
  // Over a kind of exchange that it does not know, a broker closes the whole connection.
  const known = exchanges.filter(({ type }) => type !== HASHING);
  for (const { name, run } of steps({ exchanges: known, queues })) {
    if (missing.has(name)) continue;
    const { code } = await attempt(model, run);
    if (code === REFUSED) return undefined;
    if (code === DIFFERS) found.push(name);
  }
  return found;
}

async function rights(model: ChannelModel, path: string, ids: Ids): Promise<Rights> {
  const exclusive = { exclusive: true, autoDelete: true, durable: false };
  const trial = await attempt(model, (channel) => channel.assertQueue(`${path}.doctor.${ids()}`, exclusive));
  const as: Party[] = [];
  for (const party of SYSTEMS) {
    const { code } = await attempt(model, async (channel) => {
      const { queue } = await channel.assertQueue(`${ownQueuePrefix(path, party)}doctor.${ids()}`, exclusive);
      await channel.consume(queue, () => {});
      // all parties may speak under such a key, and no queue is bound to it
      channel.publish(exchangeName(path, 'retry'), `doctor.${party}.nothing`, Buffer.alloc(0));
      await channel.checkQueue(queue); // the broker has seen the publish by then
    });
    // where the exchange does not stand yet, nobody can be refused on it
    if (code === undefined || code === NOT_FOUND) as.push(party);
  }
  return { declare: trial.code === undefined, as };
}

/**
 * Does one thing on a channel of its own, since what is refused closes the channel. Rejects with what is no refusal.
 */
async function attempt<T>(
  model: ChannelModel,
  task: (channel: Channel) => Promise<T>,
): Promise<{ code?: number; value?: T }> {
  const channel = await model.createChannel();
  let refused: unknown;
  channel.on('error', (error) => {
    refused = error;
  });
  try {
    const value = await task(channel);
    await channel.close();
    return { value };
  } catch (error) {
    const code = replyCode(error) ?? replyCode(refused);
    if (code === undefined) throw error;
    return { code };
  }
}
