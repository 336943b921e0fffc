import { HeldEvent, QUESTIONS, type QuestionName } from '@vsmcp/vsm';
import { z } from 'zod';
import { type NO_BODY, type NOTHING, READING, type Rights, type Route, route } from './route.js';

const viewer = (asks: QuestionName): Rights => ({ role: 'viewer', asks: [asks] });

type Read<N extends QuestionName> = Route<
  typeof NOTHING,
  (typeof QUESTIONS)[N]['ask'],
  typeof NO_BODY,
  (typeof QUESTIONS)[N]['answer']
>;

/** A question as a route: its query and output are the question's own. */
const read = <N extends QuestionName>(name: N, path: string, summary: string): Read<N> =>
  route({
    ...READING,
    path,
    summary,
    rights: viewer(name),
    query: QUESTIONS[name].ask,
    output: QUESTIONS[name].answer,
  });

type ReadName =
  | 'status'
  | 'systems'
  | 'variety'
  | 'recursion'
  | 'units'
  | 'capabilities'
  | 'discover'
  | 'acquisitions'
  | 'held'
  | 'outcomes'
  | 'journal'
  | 'decisions'
  | 'alerts'
  | 'policies'
  | 'coordination'
  | 'control'
  | 'waiting'
  | 'account';

/** Questions that change nothing, by their names. */
export const READS: { readonly [N in ReadName]: Read<N> } = {
  status: read(
    'status',
    '/status',
    'Whether the fleet is viable and why not: its five systems, variety, alerts, and where every event stands',
  ),
  systems: read('systems', '/systems', "Every system's instances, alive or just gone, and the processes they run in"),
  variety: read(
    'variety',
    '/variety',
    'Variety that the environment asks for against what the fleet answers, and what would close each gap',
  ),
  recursion: read(
    'recursion',
    '/recursion',
    'The units that are systems themselves, as they last reported, down to settings.recursion_depth',
  ),
  units: read('units', '/units', 'The operational units in the order of their names'),
  capabilities: read(
    'capabilities',
    '/capabilities',
    'The servers that the fleet has, with their tools, grants and states',
  ),
  discover: read(
    'discover',
    '/capabilities/discover',
    'Servers in the registries that match a text, and what keeps others from being acquired',
  ),
  acquisitions: read('acquisitions', '/acquisitions', 'Acquisitions under way and lately over'),
  held: read('held', '/held', 'Events that are held: parked, dead, in doubt, or asked of a person'),
  outcomes: read('outcomes', '/outcomes', 'Outcomes of the latest events with what their tools gave, newest first'),
  journal: read('journal', '/journal', 'Decisions of the systems and what they did, newest first'),
  decisions: read('decisions', '/decisions', 'Proposals that wait for a person, and those decided'),
  alerts: read('alerts', '/alerts', 'Pain that stands or was lately over'),
  policies: read('policies', '/policies', 'The purpose and the rules that System 5 holds everything to'),
  coordination: read(
    'coordination',
    '/coordination',
    'Leases on shared resources, who waits for whom, rates, and units that undo each other',
  ),
  control: read('control', '/control', 'Shares of the pool of operations by unit, performance, and interventions'),
  waiting: read('waiting', '/waiting', 'Kinds of events that wait because nothing answers them'),
  account: read('account', '/account', 'Counts of all events received, by outcome, from the ledger'),
};

/** Questions about one thing, which the path names. */
export const LOOKS = {
  unit: route({
    ...READING,
    path: '/units/:unit',
    summary: 'One unit with all that is known of it',
    rights: viewer('units'),
    params: z.object({ unit: z.string() }),
    output: QUESTIONS.units.answer,
  }),
  heldEvent: route({
    ...READING,
    path: '/held/:source/:id',
    summary: 'One held event with its data',
    rights: viewer('held'),
    params: z.object({ source: z.string(), id: z.string() }),
    output: HeldEvent,
  }),
  testServer: route({
    ...READING,
    path: '/capabilities/:server/test',
    summary: 'A ping of a server, by the replica that runs it',
    rights: viewer('test'),
    params: z.object({ server: z.string() }),
    output: QUESTIONS.test.answer,
  }),
};
