import { connect } from 'amqplib';
import { until } from './until.js';

/** An outcome, as far as tests look. */
export interface SeenOutcome {
  id: string;
  /** Which instance said it. */
  source: string;
  data: {
    event: { source: string; id: string; type: string };
    unit: string;
    outcome: string;
    reason?: string;
    tool?: string;
    result?: unknown;
  };
}

/**
 * Someone outside with an AMQP client: publishes to the environment and counts the outcomes. Survives the broker's
 * restart.
 */
export interface Outside {
  /** Event id → outcomes in the order they came, repeats (same message id) left out. */
  readonly outcomes: Map<string, (SeenOutcome['data'] & { by: string })[]>;
  /** Event id → headers of the latest outcome message. */
  readonly headers: Map<string, Record<string, unknown>>;
  /** Outcome messages that came more than once under the same id. */
  readonly repeats: () => number;
  /** Publishes plain JSON, confirmed; tries again until the broker has it. */
  publish(type: string, id: string, data: unknown, headers?: Record<string, string>): Promise<void>;
  close(): Promise<void>;
}

export async function openOutside(
  t: { after(fn: () => Promise<void>): void },
  url: string,
  path: string,
): Promise<Outside> {
  const outcomes: Outside['outcomes'] = new Map();
  const headers = new Map<string, Record<string, unknown>>();
  const seen = new Set<string>();
  let repeats = 0;
  let closed = false;
  const queue = `${path}.own.world.outcomes`;
  const keep = (content: Buffer, carried: Record<string, unknown>): void => {
    const outcome = JSON.parse(content.toString()) as SeenOutcome;
    headers.set(outcome.data.event.id, carried);
    if (seen.has(outcome.id)) {
      repeats++;
      return;
    }
    seen.add(outcome.id);
    const list = outcomes.get(outcome.data.event.id) ?? [];
    list.push({ ...outcome.data, by: outcome.source });
    outcomes.set(outcome.data.event.id, list);
  };

  const open = async () => {
    const connection = await connect(url);
    const channel = await connection.createConfirmChannel();
    channel.setMaxListeners(0);
    connection.on('error', () => {});
    channel.on('error', () => {});
    connection.on('close', () => {
      current = undefined;
    });
    await channel.assertQueue(queue, { durable: true });
    await channel.bindQueue(queue, `${path}.outcome`, '#');
    await channel.consume(queue, (message) => {
      if (!message) return;
      keep(message.content, message.properties.headers ?? {});
      channel.ack(message);
    });
    return { connection, channel };
  };
  let current: Promise<Awaited<ReturnType<typeof open>>> | undefined;
  const session = () => {
    current ??= open().catch((error: unknown) => {
      current = undefined;
      throw error;
    });
    return current;
  };
  const watch = setInterval(() => {
    if (!closed) session().catch(() => {}); // the broker is away: tried again in a moment
  }, 500);
  await session();
  const close = async (): Promise<void> => {
    if (closed) return;
    closed = true;
    clearInterval(watch);
    const { channel, connection } = await session();
    await channel.deleteQueue(queue);
    await connection.close();
  };
  t.after(() => close().catch(() => {})); // where the test has failed, the broker may be gone before

  const publishOnce = async (
    type: string,
    id: string,
    data: unknown,
    headers: Record<string, string>,
  ): Promise<boolean> => {
    try {
      const { channel } = await session();
      await new Promise<void>((resolve, reject) => {
        const lost = () => reject(new Error('the channel closed'));
        channel.once('close', lost);
        channel.publish(
          `${path}.environment`,
          type,
          Buffer.from(JSON.stringify(data)),
          { messageId: id, appId: 'outside', contentType: 'application/json', persistent: true, headers },
          (error) => {
            channel.off('close', lost);
            if (error) reject(error);
            else resolve();
          },
        );
      });
      return true;
    } catch {
      return false; // not confirmed: the same id goes out again
    }
  };
  return {
    outcomes,
    headers,
    repeats: () => repeats,
    publish: async (type, id, data, headers = {}) => {
      await until(() => publishOnce(type, id, data, headers), { timeout: 120_000, what: `the broker takes ${id}` });
    },
    close,
  };
}
