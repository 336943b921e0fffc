import type { Consumer } from '@vsmcp/nervous-system';
import { consumers, on, type ServiceContext } from '@vsmcp/service';
import {
  Acquisition,
  AlertState,
  CapabilityState,
  type DataOf,
  Heartbeat,
  Loop,
  Outcome,
  Progressed,
  reasonOf,
  Verdict,
} from '@vsmcp/vsm';
import type { FastifyInstance } from 'fastify';
import { Client } from './client.js';
import { HttpError } from './failure.js';
import { STREAM, type StreamEvent } from './routes/stream.js';

const MOST_CLIENTS = 100;
const KEEP_ALIVE = 15_000;
const MOST_INSTANCES = 1000;

/**
 * GET /stream: server-sent events `outcome`, `progress` (of a call under way), `acquisition`, `verdict`, `alert`,
 * `loop`, `capability`, `instance` (a heartbeat that says something new), and `dropped`. The channels are heard only
 * while somebody reads.
 * @returns how to end it
 */
export function stream(app: FastifyInstance, context: ServiceContext): () => Promise<void> {
  const clients = new Set<Client>();
  const say = (event: StreamEvent, data: object): void => {
    for (const client of clients) client.send(event, { at: context.clock.now(), ...data });
  };
  const ears = new Ears(() => listen(context, say));
  const stopAlive = context.clock.every(KEEP_ALIVE, () => {
    for (const client of clients) client.keepAlive();
  });

  app.get(STREAM.stream.path, async (request, reply) => {
    if (clients.size >= MOST_CLIENTS) {
      throw new HttpError(503, 'VSM_REFUSED', `${MOST_CLIENTS} clients read the stream already`, 'close one of them');
    }
    await ears.open();
    if (request.raw.destroyed) return ears.close();
    reply.hijack();
    reply.raw.writeHead(200, {
      'content-type': `${STREAM.stream.media}; charset=utf-8`,
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    const client = new Client(reply.raw);
    clients.add(client);
    request.raw.on('close', () => {
      clients.delete(client);
      ears
        .close()
        .catch((error: unknown) => context.log.warn({ error }, `the stream goes on unread: ${reasonOf(error)}`));
    });
    client.send('hello', { at: context.clock.now(), name: context.config.name });
  });

  return async () => {
    stopAlive();
    for (const client of clients) client.end();
    await ears.shut();
  };
}

/** Hears while somebody listens. Opening and closing run one after another. */
class Ears {
  readonly #listen: () => Promise<Consumer>;
  #listeners = 0;
  #hearing: Consumer | undefined;
  #turn: Promise<void> = Promise.resolve();

  constructor(listen: () => Promise<Consumer>) {
    this.#listen = listen;
  }

  async open(): Promise<void> {
    this.#listeners++;
    try {
      await this.#settle();
    } catch (error) {
      this.#listeners--;
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#listeners--;
    await this.#settle();
  }

  async shut(): Promise<void> {
    this.#listeners = 0;
    await this.#settle();
  }

  #settle(): Promise<void> {
    const step = this.#turn.then(async () => {
      if (this.#listeners > 0) this.#hearing ??= await this.#listen();
      else {
        const hearing = this.#hearing;
        this.#hearing = undefined;
        await hearing?.stop();
      }
    });
    // a failure is for whoever waits for this step; the next one starts anew
    this.#turn = step.catch(() => undefined);
    return step;
  }
}

function listen(context: ServiceContext, say: (event: StreamEvent, data: object) => void): Promise<Consumer> {
  const news = heartbeatNews();
  return consumers([
    context.hear({ channel: 'outcome', bind: ['#'] }, [
      on(Outcome, async ({ data: { result: _, ...summary } }) => say('outcome', summary)),
    ]),
    context.hear({ channel: 'intelligence', bind: ['s4.acquisition', 's5.*'] }, [
      on(Acquisition, async ({ data }) => say('acquisition', data)),
      on(Verdict, async ({ data }) => say('verdict', summaryOf(data))),
      on(AlertState, async ({ data }) => say('alert', data)),
    ]),
    context.hear({ channel: 'coordination', bind: ['loop.#'] }, [on(Loop, async ({ data }) => say('loop', data))]),
    context.hear({ channel: 'report', bind: ['*.*.heartbeat', 's1.*.capability', 's1.*.progress'] }, [
      on(Progressed, async ({ data }) => say('progress', data)),
      on(CapabilityState, async ({ data: { tools, ...summary } }) =>
        say('capability', { ...summary, tools: tools.map(({ name }) => name) }),
      ),
      on(Heartbeat, async ({ data }) => {
        if (news(data)) say('instance', data);
      }),
    ]),
  ]);
}

/** A verdict without the evidence and schemas that its proposal carries. */
function summaryOf({ proposal, ...verdict }: DataOf<typeof Verdict>): object {
  const { stage, type, waiting, server, tool } = proposal;
  const candidate = `${proposal.candidate.name} ${proposal.candidate.version}`;
  return { ...verdict, proposal: proposal.proposal, stage, type, waiting, server, tool, candidate };
}

/** Tells heartbeats that say something new from those that repeat. */
function heartbeatNews(): (beat: DataOf<typeof Heartbeat>) => boolean {
  const known = new Map<string, string>();
  return ({ instance, system, state, ready, trouble }) => {
    const says = JSON.stringify([state, ready, trouble]);
    const key = `${system} ${instance}`;
    if (known.get(key) === says) return false;
    if (known.size >= MOST_INSTANCES) known.clear();
    known.set(key, says);
    return true;
  };
}
