import { DONE, type NervousSystem } from '@vsmcp/nervous-system';
import { CLOUDEVENTS_JSON, type CloudEvent } from '@vsmcp/vsm';

/** Somebody outside who publishes an event and waits for what becomes of it. */
export interface Outsider {
  /** Resolves with the outcome. */
  send(event: CloudEvent): Promise<string>;
}

const OUTCOMES_AT_ONCE = 500;

export async function openOutsider(bus: NervousSystem): Promise<Outsider> {
  const waiting = new Map<string, (outcome: string) => void>();
  const outcomes = { own: true, channel: 'outcome', bind: ['#'] } as const;
  await bus.subscribe({ queue: outcomes, prefetch: OUTCOMES_AT_ONCE }, async ({ key, content }) => {
    const said: { data: { event: { id: string } } } = JSON.parse(new TextDecoder().decode(content));
    const { id } = said.data.event;
    waiting.get(id)?.(key.slice(0, key.indexOf('.')));
    waiting.delete(id);
    return DONE;
  });
  return {
    async send(event) {
      const { id, type } = event;
      const outcome = new Promise<string>((resolve) => waiting.set(id, resolve));
      const content = new TextEncoder().encode(JSON.stringify(event));
      await bus.publish({ channel: 'environment', key: type, id, content, contentType: CLOUDEVENTS_JSON });
      return outcome;
    },
  };
}

export function eventOf(id: string, type: string, data: unknown): CloudEvent {
  return { specversion: '1.0', id, source: '/bench', type, time: new Date().toISOString(), data };
}
