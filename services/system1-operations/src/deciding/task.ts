import type { DeliveryResult } from '@vsmcp/nervous-system';
import { type CloudEvent, PersonsAnswer, type RetryDelay } from '@vsmcp/vsm';
import { type CallPlan, operationPlan } from './plan.js';

/** An event on its way through this replica. */
export interface Task {
  event: CloudEvent;
  /** Counted retries so far. */
  attempts: number;
  /** When this replica received it, ms since the epoch. */
  arrived: number;
  /** It came again and its publisher gave it no id: whether it was handled before cannot be known. */
  unsure: boolean;
  /** The broker has handed it out before. */
  redelivered?: true;
  /** Later events of its partition key wait for its settlement. */
  inOrder?: true;
  /** The server in whose handover queue it came. */
  from?: string;
  /** The claim, when it was held in the ledger and claimed back: no message at the broker stands behind it. */
  held?: { attempt: number; unit: string; called: boolean };
}

/** The event's lasting name. */
export const nameOf = ({ event }: Task): string => `${event.source} ${event.id}`;

/** The event comes again after the delay, uncounted. */
export const later = (delay: RetryDelay): DeliveryResult => ({ result: 'later', delay, counted: false });

/** Source of the events that stand for operations which somebody asked for. */
const OPERATIONS = '/operations';
/** The extension attribute that names such an operation's tool. Nobody outside may set it. */
const TOOL = 'vsmcptool';
/** The extension attribute that holds what a person said to an event that was asked. Nobody outside may set it. */
const ANSWER = 'vsmcpanswer';

/** The event that stands for an operation. */
export function operationEvent(operation: {
  operation: string;
  type: string;
  tool: string;
  params: Record<string, unknown>;
  by: string;
  time: string;
}): CloudEvent {
  return {
    specversion: '1.0',
    id: operation.operation,
    source: OPERATIONS,
    type: operation.type,
    time: operation.time,
    datacontenttype: 'application/json',
    [TOOL]: operation.tool,
    vsmcpby: operation.by,
    data: operation.params,
  };
}

/** The plan of an operation that somebody asked for; undefined for every other event. */
export function operationOf(event: CloudEvent): CallPlan | undefined {
  const tool = event[TOOL];
  const { data } = event;
  if (typeof tool !== 'string' || typeof data !== 'object' || data === null) return undefined;
  return operationPlan(tool, { ...data });
}

/** The event with what a person said to it. */
export function withAnswer(event: CloudEvent, answer: PersonsAnswer): CloudEvent {
  return { ...event, [ANSWER]: JSON.stringify(answer) };
}

/** A person's answer to the event. */
export function answerOf(event: CloudEvent): PersonsAnswer | undefined {
  const answer = event[ANSWER];
  return typeof answer === 'string' ? PersonsAnswer.parse(JSON.parse(answer)) : undefined;
}

/** An event from outside, without what only the fleet may say. */
export function fromOutside(event: CloudEvent): CloudEvent {
  if (!(TOOL in event) && !(ANSWER in event)) return event;
  const { [TOOL]: _, [ANSWER]: __, ...rest } = event;
  return rest;
}
