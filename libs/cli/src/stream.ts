import { VsmError } from '@vsmcp/vsm';
import { createParser } from 'eventsource-parser';
import type { Fleet } from './fleet.js';

/**
 * Hears the gateway's stream (`GET /stream`) to its end.
 * @param hear gets each event's name and its data
 * Rejects when it cannot be opened, breaks off, or `signal` ends it.
 */
export async function listen(
  fleet: Fleet,
  signal: AbortSignal,
  hear: (event: string, data: unknown) => void,
): Promise<void> {
  const response = await fetch(new URL('/stream', fleet.url), { signal });
  if (!response.ok || !response.body) {
    throw new VsmError('VSM_REFUSED', `${fleet.url}/stream cannot be read: HTTP ${response.status}`);
  }
  const parser = createParser({ onEvent: ({ event, data }) => hear(event ?? 'message', JSON.parse(data)) });
  const decoder = new TextDecoder();
  for await (const chunk of response.body) parser.feed(decoder.decode(chunk, { stream: true }));
}
