import { type BrokerCan, HASHING, reasonOf, VsmError } from '@vsmcp/vsm';
import { z } from 'zod';
import { Definitions } from './definitions.js';

/** RabbitMQ's management interface, as an administrator. */
export interface Management {
  /** Without the password. */
  readonly shown: string;
  read(): Promise<Definitions>;
  /** The broker's abilities. */
  can(): Promise<BrokerCan>;
  /** The URL at which the same administrator reaches it over AMQP. */
  amqp(vhost: string): Promise<string>;
  /** The queues of a virtual host, with their messages (ready and under way) and consumers as of the last seconds. */
  queues(vhost: string): Promise<QueueState[]>;
  /** Removes an exchange or a queue; one that is gone already is no error. */
  remove(what: 'exchange' | 'queue', vhost: string, name: string): Promise<void>;
  /**
   * Adds what is missing and overwrites users and their rights; exchanges and queues that stand are left as they are.
   */
  write(definitions: Definitions): Promise<void>;
}

const Queues = z.array(
  z.object({ name: z.string(), messages: z.number().default(0), consumers: z.number().default(0) }),
);
export type QueueState = z.infer<typeof Queues>[number];

/** Milliseconds for one request. */
const TIMEOUT = 30_000;

const Overview = z.object({
  exchange_types: z.array(z.object({ name: z.string() })),
  listeners: z.array(z.object({ protocol: z.string(), port: z.number() })),
});
/** RabbitMQ's names of the protocols, and a URL's. */
const SCHEMES: Record<string, string> = { amqp: 'amqp', 'amqp/ssl': 'amqps' };
const Refusal = z.object({ reason: z.string() });

/**
 * @param url `http://user:password@host:15672`
 * @param timeout ms for one request
 * @throws VSM_CONFIG for a URL that is none; its calls reject with VSM_BROKER
 */
export function managementAt(url: string, timeout = TIMEOUT): Management {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || !/^https?:$/.test(parsed.protocol)) {
    throw new VsmError('VSM_CONFIG', 'the management URL must read http://user:password@host:15672');
  }
  const login = `${decodeURIComponent(parsed.username)}:${decodeURIComponent(parsed.password)}`;
  const shown = parsed.origin;
  const call = async (what: string, init: RequestInit): Promise<string> => {
    const headers = {
      authorization: `Basic ${Buffer.from(login).toString('base64')}`,
      'content-type': 'application/json',
    };
    let response: Response;
    try {
      const target = new URL(`${parsed.pathname.replace(/\/$/, '')}/api/${what}`, parsed.origin);
      response = await fetch(target, { ...init, headers, signal: AbortSignal.timeout(timeout) });
    } catch (error) {
      throw new VsmError(
        'VSM_BROKER',
        `no management interface answers at ${shown}: ${causeOf(error)}; enable the plugin rabbitmq_management, or correct the URL`,
        { cause: error },
      );
    }
    const text = await response.text();
    if (response.ok || (response.status === 404 && init.method === 'DELETE')) return text;
    throw new VsmError('VSM_BROKER', `the broker at ${shown} refused: ${refusal(response.status, text)}`);
  };
  const overview = async () => {
    const read = Overview.safeParse(JSON.parse(await call('overview', {})));
    if (read.success) return read.data;
    throw new VsmError('VSM_BROKER', `what answers at ${shown} is no RabbitMQ: ${z.prettifyError(read.error)}`);
  };
  return {
    shown,
    async read() {
      const read = Definitions.safeParse(JSON.parse(await call('definitions', {})));
      if (read.success) return read.data;
      throw new VsmError('VSM_BROKER', `what answers at ${shown} is no RabbitMQ: ${z.prettifyError(read.error)}`);
    },
    async can() {
      return { hash: (await overview()).exchange_types.some(({ name }) => name === HASHING) };
    },
    async amqp(vhost) {
      const { listeners } = await overview();
      const listener = listeners.find((each) => each.protocol in SCHEMES);
      if (listener === undefined) throw new VsmError('VSM_BROKER', `the broker at ${shown} does not listen for AMQP`);
      const url = new URL(`${SCHEMES[listener.protocol]}://${parsed.hostname}:${listener.port}`);
      Object.assign(url, { username: parsed.username, password: parsed.password, pathname: encodeURIComponent(vhost) });
      return url.href;
    },
    async queues(vhost) {
      const read = Queues.safeParse(JSON.parse(await call(`queues/${encodeURIComponent(vhost)}`, {})));
      if (read.success) return read.data;
      throw new VsmError('VSM_BROKER', `the queues at ${shown} cannot be read: ${z.prettifyError(read.error)}`);
    },
    async remove(what, vhost, name) {
      await call(`${what}s/${encodeURIComponent(vhost)}/${encodeURIComponent(name)}`, { method: 'DELETE' });
    },
    async write(definitions) {
      await call('definitions', { method: 'POST', body: JSON.stringify(definitions) });
    },
  };
}

function refusal(status: number, text: string): string {
  if (status === 401) return 'user or password is wrong, or the user is no administrator';
  const read = Refusal.safeParse(text.startsWith('{') ? JSON.parse(text) : undefined);
  return read.success ? read.data.reason : `HTTP ${status} ${text.slice(0, 300)}`;
}

/** The cause behind `fetch failed`. */
function causeOf(error: unknown): string {
  return error instanceof Error && error.cause !== undefined ? reasonOf(error.cause) : reasonOf(error);
}
