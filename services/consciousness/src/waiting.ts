import { ago, type Capability, type DataOf, SYSTEM_NAMES, type Verdict, type Waiting } from '@vsmcp/vsm';
import { demandsWaiting, isDemand } from './demand.js';
import type { AcquisitionNow, Model } from './model.js';
import { presenceOf } from './presence.js';

/**
 * A gap: where it is, how many events it concerns, and a mend that exists: a capability, a unit, a setting or a
 * command.
 */
export type Gap = {
  system: string;
  type?: string;
  events: number;
  recommendation: string;
};

const UNDER_WAY = ['searching', 'probing', 'matched', 'trying', 'asking', 'installing', 'confirming'];

/** Rules of System 5 by which a server is not admitted, and the setting that says so. */
const SETTINGS = new Map<string, string>([
  ...['from', 'deny', 'allow', 'ask', 'confinement'].map((key) => [`acquire.${key}`, `policy.acquire.${key}`] as const),
  ['allowed_mcp_servers', 'settings.allowed_mcp_servers'] as const,
]);

/** Kinds of events that wait, and wishes that are open. */
export function allWaiting(model: Model, now: number): Waiting[] {
  return [...(model.views.waiting?.value.waiting ?? []), ...demandsWaiting(model.demands, now, model.window)];
}

/** A recommendation for each type that waits. */
export function forAllWaiting(model: Model, now: number): Gap[] {
  const known = { latest: latestByType(model), asked: new Map<string, Asked>() };
  for (const asked of model.pending.values()) known.asked.set(asked.proposal.type, asked);
  return allWaiting(model, now).map((waiting) => forWaiting(model, known, waiting, now));
}

type Asked = DataOf<typeof Verdict>;
/** By event type: the newest word on its acquisition, and what a person is asked about. */
interface Known {
  latest: ReadonlyMap<string, AcquisitionNow>;
  asked: ReadonlyMap<string, Asked>;
}

function forWaiting(model: Model, known: Known, waiting: Waiting, now: number): Gap {
  const { type, events, unit } = waiting;
  switch (waiting.cause) {
    case 'guard':
      return {
        system: 's1',
        type,
        events,
        recommendation: `the guard of ${unitOr(unit)} does not hold (${waiting.because}): send it corrected, change the guard in units.${unit}.responses, or let go with: ${discard(type)}`,
      };
    case 'unavailable':
      return { system: 's1', type, events, recommendation: unavailable(model, waiting) };
    case 'below':
      return { system: 's1', type, events, recommendation: belowFor(waiting) };
    default:
      return { ...unanswered(model, known, waiting, now), type, events };
  }
}

function belowFor({ type, unit, because }: Waiting): string {
  return `it is beyond units.${unit}.wait and ${because}: see to it in that fleet, give ${type} to another unit by a more specific pattern, or let go with: ${discard(type)}`;
}

function unavailable(model: Model, { because, server: name, unit, type }: Waiting): string {
  const server = [...model.troubled.values()].find((capability) => capability.server === name);
  if (server) {
    return `server ${server.server} is ${server.state}${server.reason ? ` (${server.reason})` : ''}: mend it under servers.${server.server}, or answer ${type} with another in units.${unit}.responses`;
  }
  return `the server that ${unitOr(unit)} calls is not there yet (${because}): see vsmcp capabilities list`;
}

type Recommended = Pick<Gap, 'system' | 'recommendation'>;

/** By who has to act: a person who is asked, whoever has to begin a search, or the acquisition's own state. */
function unanswered(model: Model, known: Known, waiting: Waiting, now: number): Recommended {
  const asked = known.asked.get(waiting.type);
  if (asked) return toDecide(asked, waiting.type);
  const acquisition = known.latest.get(waiting.type);
  return acquisition ? acquiring(acquisition, waiting) : notSought(model, waiting, now);
}

function toDecide({ because, proposal: { proposal, candidate, server } }: Asked, type: string): Recommended {
  return {
    system: 's5',
    recommendation: `approve or deny ${candidate.name} ${candidate.version} as ${server} for ${type} (${because}): vsmcp decisions approve ${proposal}, or deny`,
  };
}

/** For a type of which System 4 has said nothing. */
function notSought(model: Model, { type, unit, since }: Waiting, now: number): Recommended {
  const ready = offering(model, type);
  if (ready) {
    return {
      system: 's1',
      recommendation: `${ready.server} is ready and was acquired for ${type}: what waits is being claimed back`,
    };
  }
  if (!presenceOf(model.presence, 's4', now).present) {
    const response = responseFor(type, unit);
    return { system: 's4', recommendation: `start ${SYSTEM_NAMES.s4}, which looks for tools; or add ${response}` };
  }
  const mend = isDemand(type)
    ? 'wish again, or add one below servers'
    : `you may ask it: vsmcp capabilities acquire --for ${type}`;
  return {
    system: 's4',
    recommendation: `System 4 has not said yet that it looks (waiting since ${ago(since, now)}); ${mend}`,
  };
}

function acquiring(acquisition: AcquisitionNow, { type, unit }: Waiting): Recommended {
  const { step, because, rule } = acquisition;
  const what = [acquisition.candidate, acquisition.version].filter(Boolean).join(' ') || `a tool for ${type}`;
  if (UNDER_WAY.includes(step)) {
    return { system: 's4', recommendation: `acquisition of ${what} is under way: ${step} (${because})` };
  }
  const response = responseFor(type, unit);
  switch (step) {
    case 'nothing-found':
      return {
        system: 's4',
        recommendation: `nothing fits ${type} (${because}): add a registry under registries, or ${response}`,
      };
    case 'refused':
      return {
        system: 's5',
        recommendation: `${what} was refused${rule ? ` by rule ${rule}` : ''} (${because}): change it under policy, add ${response}, or let go with: ${discard(type)}`,
      };
    case 'closed':
      return { system: 's1', recommendation: `${what} is there: what waits is being claimed back (${because})` };
    default:
      return failed(acquisition, what, type, response);
  }
}

/** An acquisition that ended otherwise: a setting did not admit the server, or none closed the gap. */
function failed({ step, because, rule }: AcquisitionNow, what: string, type: string, response: string): Recommended {
  const setting = rule === undefined ? undefined : SETTINGS.get(rule);
  if (setting !== undefined) {
    return {
      system: 's5',
      recommendation: `change ${setting} so that a server for ${type} is admitted, or add ${response} (${because})`,
    };
  }
  return {
    system: 's4',
    recommendation: `add another registry under registries, or ${response}: ${what} did not close the gap, ${step} (${because})`,
  };
}

const responseFor = (type: string, unit: string): string =>
  isDemand(type)
    ? 'a server that does it below servers'
    : `a response for ${type} in units.${unit || '<name>'}.responses`;

/** The newest word on each type; one under way comes before one that ended. */
function latestByType(model: Model): Map<string, AcquisitionNow> {
  const latest = new Map<string, AcquisitionNow>();
  for (const acquisition of model.acquisitions.values()) {
    const known = latest.get(acquisition.type);
    const over = known && UNDER_WAY.includes(known.step) && !UNDER_WAY.includes(acquisition.step);
    if (!over) latest.set(acquisition.type, acquisition);
  }
  return latest;
}

function offering(model: Model, type: string): Capability | undefined {
  return model.views.capabilities?.value.capabilities.find(
    (capability) => capability.state === 'ready' && type in capability.responses,
  );
}

const unitOr = (unit: string): string => (unit === '' ? 'no unit' : `unit ${unit}`);
const discard = (type: string): string => `vsmcp held discard --type ${type} --because "…"`;
