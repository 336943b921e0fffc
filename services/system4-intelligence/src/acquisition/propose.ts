import { isAbsolute } from 'node:path';
import type { Grants, Stage, TrialCall, TrialResult } from '@vsmcp/vsm';
import { type Match, matchTools, responseOf } from '../matching/match.js';
import { type Need, wordsOf } from '../matching/query.js';
import { trialCalls } from '../matching/trial.js';
import { isCallable, matchWish, named } from '../matching/wish.js';
import type { Limits } from './limits.js';
import type { Option, OwnProposal, Probe, Saga, State } from './state.js';

/** The tools of an option, as far as they are known and not out of date. */
export function toolsOf(
  option: Option,
  probes: State['probes'],
  now: number,
  { ttl, retry }: Pick<Limits, 'ttl' | 'retry'>,
): Probe | undefined {
  if (option.installed) return { at: now, ok: true, because: 'the fleet has it', ...option.installed };
  const probe = probes.get(option.candidate.spec.npm);
  return probe !== undefined && now - probe.at < (probe.ok ? ttl : retry) ? probe : undefined;
}

/** True where there are no events to go by: only what somebody said. */
export function isWish({ samples, wish }: Pick<Saga, 'samples' | 'wish'>): boolean {
  return samples.length === 0 && wish !== undefined;
}

export function needOf(saga: Pick<Saga, 'type' | 'samples' | 'wish'>): Need {
  const { type, samples, wish } = saga;
  return isWish(saga) ? { type, samples, text: wish?.tool ?? wish?.text ?? wordsOf(type) } : { type, samples };
}

/** The tools of a server that fit, the best first. */
export function matchesOf(saga: Pick<Saga, 'type' | 'samples' | 'wish'>, { tools }: Pick<Probe, 'tools'>): Match[] {
  const wanted = saga.wish?.tool;
  const offered = wanted === undefined ? tools : tools.filter((tool) => tool.name === wanted);
  if (!isWish(saga)) return matchTools(needOf(saga), offered);
  return wanted === undefined ? matchWish(needOf(saga), offered) : offered.map(named);
}

function base(saga: Saga, option: Option, stage: Stage, because: string): OwnProposal {
  const said: OwnProposal = {
    proposal: saga.proposal,
    stage,
    type: saga.type,
    waiting: saga.waiting,
    candidate: option.candidate,
    server: option.server,
    grants: option.candidate.spec.grants,
    arguments: [],
    calls: [],
    because,
  };
  if (saga.wish) said.by = saga.wish.by;
  return said;
}

export function probeOf(saga: Saga, option: Option): OwnProposal {
  return base(saga, option, 'probe', `${option.candidate.name} may answer ${saga.type}: see what it offers`);
}

/**
 * The grants that the tool needs beside those its server declares: to read the places outside that it is pointed at.
 */
export function grantsFor(option: Option, match: Match): Grants {
  const { grants } = option.candidate.spec;
  const places = match.bindings.flatMap(({ field, values }) =>
    field?.shape?.name === 'path' ? values.filter((value) => typeof value === 'string' && isAbsolute(value)) : [],
  );
  return { ...grants, reads: [...new Set([...grants.reads, ...places.map(String)])] };
}

/** Where some tools of a server only read and the one that fits is one of these, nothing else is offered. */
function onlyOf(option: Option, probe: Probe, match: Match): string[] | undefined {
  const reading = probe.tools.filter((tool) => tool.annotations?.readOnlyHint === true).map((tool) => tool.name);
  const held = option.installed?.only;
  if (held) return held;
  if (option.installed || !match.readOnly || reading.length === probe.tools.length) return undefined;
  return reading.sort();
}

export function trialOf(saga: Saga, option: Option, probe: Probe, match: Match): OwnProposal {
  const how = isWish(saga) ? 'see that it can be had' : 'try it on what waits';
  const said: OwnProposal = {
    ...base(saga, option, 'trial', `${match.tool} of ${option.server} fits ${saga.type}: ${how}`),
    grants: grantsFor(option, match),
    tool: match.tool,
    arguments: [...match.arguments],
    readOnly: match.readOnly,
    calls: isWish(saga) ? wishCalls(probe, match) : trialCalls(match),
    ...wordsFrom(probe),
  };
  if (!isWish(saga)) said.response = responseOf(match, option.server);
  const only = onlyOf(option, probe, match);
  if (only) said.only = only;
  return said;
}

/** The owner that it names, suspicions in its words, and its attempts: System 5 weighs them. */
function wordsFrom({ mcpName, suspicions, attempts }: Probe): Pick<OwnProposal, 'mcpName' | 'suspicions' | 'attempts'> {
  return { ...(mcpName && { mcpName }), ...(suspicions && { suspicions }), ...(attempts && { attempts }) };
}

/** Without events a tool is only called when that needs no arguments and can do no harm. */
function wishCalls({ tools }: Probe, match: Match): TrialCall[] {
  const tool = tools.find(({ name }) => name === match.tool);
  return tool && isCallable(tool) ? [{ tool: match.tool, arguments: {}, expect: 'answer' }] : [];
}

/** Installs what was tried, as it was tried: whoever allowed the trial knows it again. */
export function installOf(
  trial: OwnProposal,
  probe: Probe,
  results: TrialResult[],
  because: string,
  guard?: string,
): OwnProposal {
  const evidence: NonNullable<OwnProposal['evidence']> = { results, tools: probe.tools };
  if (probe.confinement) evidence.confinement = probe.confinement;
  if (probe.integrity) evidence.integrity = probe.integrity;
  if (probe.mcpName) evidence.mcpName = probe.mcpName;
  if (probe.contract) evidence.contract = probe.contract;
  const said: OwnProposal = { ...trial, stage: 'install', evidence, because, calls: [], ...wordsFrom(probe) };
  if (guard !== undefined && typeof trial.response === 'object') said.response = { ...trial.response, guard };
  return said;
}

/** Installs a server that somebody asked for by name, with nothing to try it on. */
export function installAsked(saga: Saga, option: Option, probe: Probe, tool: string | undefined): OwnProposal {
  const because = `${saga.wish?.by ?? 'somebody'} asked for ${tool ? `${tool} of ` : ''}${option.server}`;
  const said = installOf(base(saga, option, 'install', because), probe, [], because);
  const found = probe.tools.find((one) => one.name === tool);
  if (found) {
    said.tool = found.name;
    said.only = [...new Set([...(option.installed?.only ?? []), found.name])].sort();
    const properties = found.inputSchema.properties;
    said.arguments = typeof properties === 'object' && properties !== null ? Object.keys(properties) : [];
    said.readOnly = found.annotations?.readOnlyHint === true;
  }
  return said;
}

export function removeOf(said: OwnProposal, because: string): OwnProposal {
  return { ...said, stage: 'remove', because };
}

export function refuseOf(stopped: NonNullable<Saga['stopped']>, waiting: number): OwnProposal {
  const { evidence: _, ...said } = stopped.said;
  return { ...said, stage: 'refuse', waiting, calls: [], because: `${stopped.rule}: ${stopped.because}` };
}
