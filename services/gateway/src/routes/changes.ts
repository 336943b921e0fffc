import { CLOUDEVENTS_BATCH, CLOUDEVENTS_JSON, CloudEvent, FRAME, MAX_BATCH_EVENTS, QUESTIONS, Unit } from '@vsmcp/vsm';
import { z } from 'zod';
import { By, NO_BODY, PETITION, type Rights, type Role, route } from './route.js';
import { ShortEvent } from './short-event.js';

const may = (role: Role, asks: keyof typeof QUESTIONS): Rights => ({ role, asks: [asks] });

/** Bytes of all units of a fleet: 10,000 and more. */
const MOST_BYTES = 64 * 1024 * 1024;
/** The reason may stand in the query, where the body is the unit itself. */
const Because = z.object({ because: z.string().optional() });
const OneUnit = z.object({ unit: z.string() });
const OneServer = z.object({ server: z.string() });

const One = z.union([CloudEvent, ShortEvent]);

export const EVENTS = {
  publish: route({
    ...PETITION,
    path: '/events',
    summary: 'Publishes events as anything outside could: all of them or none',
    rights: { role: 'operator', asks: [], publishes: 'environment' },
    // The handler reads it, because an error names the event it is about. A frame is bytes: see `packFrame`.
    body: z.union([One, z.array(One).max(MAX_BATCH_EVENTS)]),
    accepts: ['application/json', CLOUDEVENTS_JSON, CLOUDEVENTS_BATCH, FRAME],
    output: z.object({
      accepted: z.number().int(),
      /** Of a single event. */
      id: z.string().optional(),
      events: z.array(z.object({ source: z.string(), id: z.string(), type: z.string() })),
    }),
    status: 202,
    problems: [400, 403, 413, 415, 500, 503],
  }),
};

/** The body of `settle`, whose verb the path says. */
const Settling = QUESTIONS.settle.ask.omit({ how: true, by: true }).extend(By);
const settling = (how: 'replay' | 'discard' | 'done', summary: string) =>
  route({
    ...PETITION,
    path: `/held/${how}`,
    summary,
    rights: may('operator', 'settle'),
    body: Settling,
    output: QUESTIONS.settle.answer,
  });

/** The body of `change`, whose verb and server the path says. */
const Changing = QUESTIONS.change.ask.omit({ how: true, server: true, by: true }).extend(By);
const changing = (how: 'upgrade' | 'rollback' | 'dismiss', summary: string) =>
  route({
    ...PETITION,
    path: `/capabilities/:server/${how}`,
    summary,
    rights: may('operator', 'change'),
    params: OneServer,
    body: Changing,
    output: QUESTIONS.change.answer,
  });

/** Petitions: the gateway hands them on, System 3 or 5 decides and journals who asked. */
export const CHANGES = {
  operate: route({
    ...PETITION,
    path: '/operations',
    summary: 'Runs one tool once under policy, and waits for its outcome at most `wait` ms',
    rights: may('operator', 'operate'),
    body: QUESTIONS.operate.ask.omit({ by: true }).extend(By),
    output: QUESTIONS.operate.answer,
  }),
  acquire: route({
    ...PETITION,
    path: '/capabilities/acquire',
    summary: 'Has System 4 look for a server, a tool, or an answer to a type, under policy',
    rights: may('operator', 'acquire'),
    body: QUESTIONS.acquire.ask.omit({ by: true }).extend(By),
    output: QUESTIONS.acquire.answer,
  }),
  upgrade: changing('upgrade', 'Has a server in another version'),
  rollback: changing('rollback', 'Has a server as it was before its last change'),
  dismiss: changing('dismiss', 'Lets an acquired server go'),
  replay: settling('replay', 'Has held events tried again'),
  discard: settling('discard', 'Lets held events go for good'),
  done: settling('done', 'Says of events in doubt that their effect did happen'),
  answer: route({
    ...PETITION,
    path: '/held/:id/answer',
    summary: "Gives a person's answer to an event that asks for one",
    rights: may('operator', 'answer'),
    params: z.object({ id: z.string().min(1) }),
    body: QUESTIONS.answer.ask.omit({ id: true, by: true }).extend(By),
    output: QUESTIONS.answer.answer,
  }),
  decide: route({
    ...PETITION,
    path: '/decisions/:proposal',
    summary: 'Allows or denies a proposal that waits for a person',
    rights: may('approver', 'decide'),
    params: z.object({ proposal: z.string() }),
    body: QUESTIONS.decide.ask.omit({ proposal: true, by: true }).extend(By),
    output: QUESTIONS.decide.answer,
  }),
  setUnit: route({
    ...PETITION,
    method: 'PUT',
    path: '/units/:unit',
    summary: 'Creates or changes one unit; the body is the unit as vsmcp.yaml has it',
    rights: may('operator', 'arrange'),
    params: OneUnit,
    query: Because,
    body: Unit.extend(By),
    output: QUESTIONS.arrange.answer,
  }),
  removeUnit: route({
    ...PETITION,
    method: 'DELETE',
    path: '/units/:unit',
    summary: 'Removes one unit',
    rights: may('operator', 'arrange'),
    params: OneUnit,
    query: Because,
    body: NO_BODY,
    output: QUESTIONS.arrange.answer,
  }),
  arrange: route({
    ...PETITION,
    method: 'PATCH',
    path: '/units',
    summary: 'Sets and removes units, all together or none',
    rights: may('operator', 'arrange'),
    query: Because,
    body: QUESTIONS.arrange.ask.omit({ by: true }).extend(By),
    bodyLimit: MOST_BYTES,
    output: QUESTIONS.arrange.answer,
  }),
  configure: route({
    ...PETITION,
    method: 'PUT',
    path: '/units',
    summary: 'Puts the units of vsmcp.yaml, read anew, in the place of what it said before',
    rights: may('admin', 'configure'),
    body: QUESTIONS.configure.ask.omit({ by: true }).extend(By),
    bodyLimit: MOST_BYTES,
    output: QUESTIONS.configure.answer,
  }),
  prefer: route({
    ...PETITION,
    path: '/coordination/prefer',
    summary: 'Says whose purpose comes first where units undo each other',
    rights: may('approver', 'prefer'),
    body: QUESTIONS.prefer.ask.omit({ by: true }).extend(By),
    output: QUESTIONS.prefer.answer,
  }),
  prioritize: route({
    ...PETITION,
    method: 'PUT',
    path: '/policy/priority',
    summary: 'Says which units matter more, in place of what was said before',
    rights: may('admin', 'prioritize'),
    body: QUESTIONS.prioritize.ask.omit({ by: true }).extend(By),
    output: QUESTIONS.prioritize.answer,
  }),
  acknowledge: route({
    ...PETITION,
    path: '/alerts/acknowledge',
    summary: 'Takes alerts on: they stop climbing',
    rights: may('operator', 'acknowledge'),
    body: QUESTIONS.acknowledge.ask.omit({ by: true }).extend(By),
    output: QUESTIONS.acknowledge.answer,
  }),
};
