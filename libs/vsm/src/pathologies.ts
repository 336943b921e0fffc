import { z } from 'zod';
import { count, duration, percent, some } from './format.js';
import { SYSTEM_NAMES, type System } from './systems.js';

/**
 * Pathologies of a viable system, as Beer found them (The Heart of Enterprise, 1979; Diagnosing the System, 1985) and
 * Pérez Ríos ordered it (Design and Diagnosis for Sustainable Organizations, 2012, ch. 3: functional pathologies of
 * Systems 1 to 5, and of channels).
 */
export const PathologyName = z.enum([
  'coordination-missing',
  'intelligence-cut-off',
  'metasystem-starved',
  'control-collapsed',
  'pain-unheard',
]);
export type PathologyName = z.infer<typeof PathologyName>;

export const Pathology = z.looseObject({
  name: PathologyName,
  /** In a few words, for a person. */
  title: z.string(),
  /** The figures that it was told by. */
  evidence: z.string(),
  /** Its name in the literature. */
  known: z.string(),
});
export type Pathology = z.infer<typeof Pathology>;

type Metasystem = 's2' | 's3' | 's4' | 's5';

/** Signs by which pathologies are told. Counts are of the window. */
export interface Signs {
  /** ms */
  window: number;
  /** ms for which the fleet has been watched. */
  watched: number;
  /** Systems that lead and answer. */
  present: Readonly<Record<Metasystem, boolean>>;
  /** Events that System 1 saw through, or holds. */
  events: number;
  /** Of them, single operations that were commanded from above. */
  commanded: number;
  /** Units whose autonomy System 3 has spent for half the window or longer without a break, of those that were busy. */
  steered: { units: number; of: number };
  /** Claims on shared resources that nobody answered. */
  uncoordinated: number;
  /**
   * Kinds of events that nothing answers, how long the oldest has waited (ms), and whether System 4 said anything of
   * them.
   */
  gaps: readonly { type: string; waited: number; pursued: boolean }[];
  /** Pain that nobody acknowledged, and for how long (ms). */
  pains: readonly { unit: string; what: string; stood: number }[];
  /** ms that pain has before it climbs. */
  climb: number;
}

/** Events below which a share says nothing. */
const ENOUGH = 20;
/** Claims without an answer that are no accident. */
const CLAIMS = 3;
/** Share of the operations, or of the units, from which on the metasystem no longer steers but rows. */
const COMMANDED = 0.5;
/** Units below which System 3 only helps some that cannot cope. */
const STEERED = 3;
/** Pain stands too long after so many times the climbing limit: its owner had one, System 5 the others. */
const LIMITS = 10;
/** ms that the fleet must have been watched: what has just started lacks everything. */
const START = 60_000;

/** Names what ails the fleet, each with the figures it was told by; none when nothing does. */
export function pathologies(signs: Signs): Pathology[] {
  if (signs.watched < START) return [];
  return [
    ...coordinationMissing(signs),
    ...intelligenceCutOff(signs),
    ...metasystemStarved(signs),
    ...controlCollapsed(signs),
    ...painUnheard(signs),
  ];
}

function coordinationMissing({ uncoordinated, window, present }: Signs): Pathology[] {
  if (uncoordinated < CLAIMS) return [];
  const who = present.s2 ? 'though System 2 runs' : 'System 2 is missing';
  return [
    {
      name: 'coordination-missing',
      title: 'Units need the same things, and nobody coordinates them',
      evidence: `${uncoordinated} claims on shared resources got no answer in ${duration(window)}; ${who}`,
      known: 'disjointed behaviour within System 1 for want of System 2 (Pérez Ríos, System 2 pathologies)',
    },
  ];
}

function intelligenceCutOff({ gaps, window, present }: Signs): Pathology[] {
  const left = gaps.filter(({ waited, pursued }) => waited > window && !pursued);
  // There are kinds for which no server seems to be: one that pursues any is not cut off.
  if (left.length === 0 || gaps.some(({ pursued }) => pursued)) return [];
  const longest = Math.max(...left.map(({ waited }) => waited));
  const who = present.s4 ? 'System 4 has said nothing of them' : 'System 4 is missing';
  return [
    {
      name: 'intelligence-cut-off',
      title: 'The world changed, and nobody looks',
      evidence: `${count(left.length, 'kind')} of events without an answer (${some(
        left.map(({ type }) => type),
        3,
      )}), the longest for ${duration(longest)}; ${who}`,
      known:
        'headless chicken: System 4 missing or cut off (Pérez Ríos, System 4 pathologies; Beer, Heart of Enterprise)',
    },
  ];
}

function metasystemStarved({ present, events, window }: Signs): Pathology[] {
  const silent = (['s3', 's4', 's5'] as const).filter((system) => !present[system]);
  if (silent.length < 2 || events < ENOUGH) return [];
  return [
    {
      name: 'metasystem-starved',
      title: 'Operations run, and nobody is above them',
      evidence: `${events} events in ${duration(window)} went through System 1, while ${names(silent)} were silent`,
      known:
        'dominance of System 1, lack of metasystem (Pérez Ríos, pathologies of the whole; Beer, Diagnosing the System)',
    },
  ];
}

function controlCollapsed({ commanded, events, steered, window }: Signs): Pathology[] {
  const evidence: string[] = [];
  if (events >= ENOUGH && commanded / events >= COMMANDED) {
    const share = percent(commanded / events);
    evidence.push(
      `${commanded} of ${events} operations in ${duration(window)} (${share}) were commanded one by one, each with System 5's leave`,
    );
  }
  if (steered.units >= STEERED && steered.units / steered.of >= COMMANDED) {
    evidence.push(
      `${steered.units} of ${steered.of} busy units have been under System 3's hand for ${duration(window / 2)} or longer`,
    );
  }
  if (evidence.length === 0) return [];
  return [
    {
      name: 'control-collapsed',
      title: 'System 3 does the work of System 1',
      evidence: evidence.join('; '),
      known:
        'hypertrophy of System 3, System 5 collapsed into it (Pérez Ríos, Systems 3 and 5; Beer, Heart of Enterprise)',
    },
  ];
}

function painUnheard({ pains, climb, present }: Signs): Pathology[] {
  const limit = LIMITS * climb;
  const long = pains.filter(({ stood }) => stood > limit);
  const [first] = [...long].sort((a, b) => b.stood - a.stood);
  if (first === undefined) return [];
  const who = present.s5 ? 'nobody acknowledged it' : 'System 5 is missing';
  return [
    {
      name: 'pain-unheard',
      title: 'It hurts, and nobody answers',
      evidence: `${count(long.length, 'pain')} beyond ${duration(limit)}, the longest for ${duration(first.stood)} (${first.unit}: ${first.what}); ${who}`,
      known: 'lack or insufficiency of algedonic channels (Pérez Ríos, pathologies of information channels)',
    },
  ];
}

const names = (systems: readonly System[]): string => systems.map((system) => SYSTEM_NAMES[system]).join(' and ');
