import { type ExchangeBinding, VsmError } from '@vsmcp/vsm';
import amqp from 'amqplib';
import { addressOf, refusalOf } from './address.js';

/** Not used: it is over before the first one. ms */
const HEARTBEAT = 30_000;
/** ms for the handshake */
const TIMEOUT = 10_000;

/**
 * Binds exchanges that stand to each other, as an administrator: for what RabbitMQ's definitions cannot tell.
 * Rejects with VSM_CONFIG for a URL that cannot be, VSM_BROKER when the broker cannot be reached or refuses.
 */
export async function declareExchangeBindings(
  url: string,
  exchangeBindings: readonly ExchangeBinding[],
): Promise<void> {
  const { options, shown } = addressOf(url, HEARTBEAT);
  try {
    const clientProperties = { connection_name: 'vsmcp topology' };
    const model = await amqp.connect(options, { timeout: TIMEOUT, clientProperties });
    // An error of the connection rejects what is under way on it.
    model.on('error', () => {});
    const channel = await model.createChannel();
    channel.on('error', () => {});
    for (const { from, to, key, arguments: given } of exchangeBindings)
      await channel.bindExchange(to, from, key, given);
    await model.close();
  } catch (error) {
    const reason = refusalOf(error, options.vhost ?? '/');
    throw new VsmError('VSM_BROKER', `${shown}: ${reason}; --amqp names the broker`, { cause: error });
  }
}
