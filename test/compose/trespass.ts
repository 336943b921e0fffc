import { type ConfirmChannel, connect } from 'amqplib';

/** A trespass tried on a broker with a party's own credentials. */
export type Attempt = (channel: ConfirmChannel) => Promise<unknown>;

/** The result: `done`, or the broker's own words. */
export async function attempt(url: string, act: Attempt): Promise<string> {
  const connection = await connect(url);
  connection.on('error', () => {}); // said by the channel
  try {
    const channel = await connection.createConfirmChannel();
    const refused = new Promise<string>((resolve) => channel.on('error', (error: Error) => resolve(error.message)));
    const done = act(channel).then(
      () => 'done',
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
    const said = await Promise.race([refused, done]);
    // a publish that fails rejects for the closed channel: the channel itself knows why
    return /channel closed|Channel closed/.test(said) ? await refused : said;
  } finally {
    await connection.close().catch(() => {}); // the broker may have closed it
  }
}

export function publishing(exchange: string, key: string): Attempt {
  return async (channel) => {
    channel.publish(exchange, key, Buffer.from('{}'), { contentType: 'application/json' });
    await channel.waitForConfirms();
  };
}

/** A queue of one's own, bound. */
export function binding(queue: string, exchange: string, key: string): Attempt {
  return async (channel) => {
    await channel.assertQueue(queue, { exclusive: true, durable: false });
    await channel.bindQueue(queue, exchange, key);
  };
}
