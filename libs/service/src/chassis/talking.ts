import type { Consumer, NervousSystem } from '@vsmcp/nervous-system';
import { Algedonic, type Clock, type Ids, QUEUES, type QueueName } from '@vsmcp/vsm';
import type { Log } from '../log.js';
import { type Speaker, seal } from '../messages/envelope.js';
import { dispatch, durable, queueOf } from '../messages/hear.js';
import { hurt } from '../messages/hurt.js';
import { answerOne, ask } from '../messages/questions.js';
import type { Metrics } from '../metrics/metrics.js';
import type { Answers, ServiceContext } from '../service.js';
import type { State } from '../state.js';

/** Deliveries handled at once where a hearing does not say. */
const PREFETCH = 32;

interface Parts {
  bus: NervousSystem;
  speaker: Speaker;
  state: State;
  clock: Clock;
  ids: Ids;
  log: Log;
  metrics: Metrics;
}

/** The part of a context by which a service says, hears, asks and answers: typed messages over the bus. */
export function talking(parts: Parts): Pick<ServiceContext, 'say' | 'hear' | 'ask' | 'answer'> {
  const { bus, speaker, state, clock, ids, log, metrics } = parts;
  const { system, instance } = speaker;
  const around = { system, instance, clock, log, metrics, ledger: state.ledger };
  const asking = { bus, speaker, clock, ids, log };
  return {
    say(kind, key, data, { id = ids(), cause, trace, mandatory } = {}) {
      const sealed = seal(speaker, { id, kind: kind.kind, at: clock.now(), data, cause, trace });
      const message = { channel: kind.channel, key, ...sealed, ...(mandatory && { mandatory }) };
      const signal = kind.channel === 'algedonic' ? Algedonic.data.safeParse(data) : undefined;
      if (signal?.success) return hurt({ bus, pain: state.pain, clock, log }, { ...message, id }, signal.data);
      return bus.publish(message);
    },
    hear(from, on, { prefetch = PREFETCH } = {}) {
      return bus.subscribe({ queue: queueOf(from), prefetch }, (delivery) => dispatch(around, on, delivery));
    },
    ask: (name, data, how) => ask(asking, name, data, how),
    answer: (answers) => answerAll(asking, answers),
  };
}

/** Answers questions to this instance, and those to any of its system where there is a queue for them. */
async function answerAll(asking: Parameters<typeof answerOne>[0], answers: Answers): Promise<Consumer> {
  const { bus, speaker } = asking;
  const shared: string = `${speaker.system}.query`;
  const common = isQueue(shared) ? [shared] : [];
  const own = { own: true, channel: 'query', bind: [`${speaker.system}.${speaker.instance}.*`] } as const;
  const consumers: Consumer[] = [];
  for (const queue of [own, ...common.map(durable)]) {
    consumers.push(
      await bus.subscribe({ queue, prefetch: PREFETCH }, (delivery) => answerOne(asking, answers, delivery)),
    );
  }
  return {
    async stop() {
      await Promise.all(consumers.map((consumer) => consumer.stop()));
    },
  };
}

function isQueue(name: string): name is QueueName {
  return name in QUEUES;
}
