import {
  Acquisition,
  AlertState,
  CapabilityState,
  Heartbeat,
  Loop,
  Outcome,
  Progressed,
  Proposal,
  Verdict,
} from '@vsmcp/vsm';
import { z } from 'zod';
import { READING, route } from './route.js';

/** Time at which the gateway passed it on, ms since the epoch. */
const At = { at: z.number() };

/** Events of `GET /stream` by name, with the schema of their data. */
export const STREAM_EVENTS = {
  /** The first of every stream. */
  hello: z.looseObject({ ...At, name: z.string() }),
  /** So many events were left out, because this reader is too slow. */
  dropped: z.looseObject({ dropped: z.number().int() }),
  outcome: Outcome.data.omit({ result: true }).extend(At),
  /** Of a call under way. */
  progress: Progressed.data.extend(At),
  acquisition: Acquisition.data.extend(At),
  /** Without the evidence and the schemas that its proposal carries. */
  verdict: Verdict.data.omit({ proposal: true }).extend({
    ...At,
    ...Proposal.data.pick({ proposal: true, stage: true, type: true, waiting: true, server: true, tool: true }).shape,
    /** Name and version. */
    candidate: z.string(),
  }),
  alert: AlertState.data.extend(At),
  loop: Loop.data.extend(At),
  capability: CapabilityState.data.omit({ tools: true }).extend({ ...At, tools: z.array(z.string()) }),
  /** A heartbeat that says something new. */
  instance: Heartbeat.data.extend(At),
};
export type StreamEvent = keyof typeof STREAM_EVENTS;

export const STREAM = {
  stream: route({
    ...READING,
    path: '/stream',
    summary: 'Server-sent events about what the fleet does, as it does it',
    rights: { role: 'viewer', asks: [] },
    output: z.string(),
    media: 'text/event-stream',
    problems: [403, 500, 503],
  }),
};
