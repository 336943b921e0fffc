import { isContained } from '@vsmcp/vsm';
import { isComparable, SURE } from '../matching/grounds.js';
import type { Match } from '../matching/match.js';
import type { Limits } from './limits.js';
import { grantsFor, matchesOf, toolsOf } from './propose.js';
import { keyOf, type Option, type Probe, type Saga, type State } from './state.js';

/** A tool of a server that could be tried. */
export interface Fit {
  option: Option;
  /** Place of the option among the saga's. */
  place: number;
  probe: Probe;
  match: Match;
  /** To have it, a person would be asked. */
  asks: boolean;
}

/** The choices that a saga has. */
export interface Choice {
  /** Tools that are worth a trial, the best first. */
  fits: Fit[];
  /** Servers that nothing is known of yet and that are worth a look, the best first. */
  unseen: { option: Option; place: number }[];
  /** Why the others are not. */
  reasons: string[];
}

const npmOf = ({ candidate }: Option): string => candidate.spec.npm;

/**
 * Sorts out what a saga knows. Where a rule forbade something that fits, only what is comparable with it is left: an
 * event that asks for what is forbidden must not end with whatever shares a word with it. And nobody's time is asked
 * for on thin grounds.
 */
export function choose(state: State, saga: Saga, now: number, limits: Limits): Choice {
  const { stopped } = saga;
  const choice: Choice = { fits: [], unseen: [], reasons: [...saga.passed.values()] };
  for (const [place, option] of (saga.options ?? []).entries()) {
    const { server } = option;
    if (saga.passed.has(keyOf(npmOf(option)))) continue;
    const probe = toolsOf(option, state.probes, now, limits);
    if (probe === undefined) {
      if (!stopped || isComparable(option.rank, stopped.rank)) choice.unseen.push({ option, place });
      else choice.reasons.push(`${server}: by its description it fits far less than what is forbidden`);
      continue;
    }
    if (!probe.ok) {
      choice.reasons.push(`${server}: ${probe.because}`);
      continue;
    }
    const matches = matchesOf(saga, probe);
    if (matches.length === 0) choice.reasons.push(`${server}: none of its ${probe.tools.length} tools fits`);
    for (const match of matches) {
      if (saga.passed.has(keyOf(npmOf(option), match.tool))) continue;
      const asks = !limits.contained || !isContained(grantsFor(option, match));
      const weak = weakness(match, asks, stopped);
      if (weak === undefined) choice.fits.push({ option, place, probe, match, asks });
      else choice.reasons.push(`${server}: ${weak}`);
    }
  }
  choice.fits = bestFirst(choice.fits);
  return choice;
}

function weakness({ tool, grounds }: Match, asks: boolean, stopped: Saga['stopped']): string | undefined {
  if (stopped && !isComparable(grounds, stopped.grounds))
    return `${tool} fits far less (${grounds}) than what is forbidden (${stopped.grounds})`;
  if (asks && grounds < SURE) return `${tool} hardly fits (${grounds} of ${SURE}): nobody is asked about it`;
  return undefined;
}

/**
 * Of those that fit about as well as the best: what needs no person, then what is there already, then in the order of
 * rank.
 */
function bestFirst(fits: readonly Fit[]): Fit[] {
  const best = Math.max(0, ...fits.map(({ match }) => match.grounds));
  const first = ({ match }: Fit) => Number(!isComparable(match.grounds, best));
  const there = ({ option }: Fit) => Number(option.installed === undefined);
  return [...fits].sort(
    (a, b) => first(a) - first(b) || Number(a.asks) - Number(b.asks) || there(a) - there(b) || a.place - b.place,
  );
}
