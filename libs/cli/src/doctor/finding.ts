import { reasonOf } from '@vsmcp/vsm';

/**
 * ok: well. broken: it stops the fleet, or what the configuration asks of it. warning: the fleet runs, with less than
 * it could. none: does not apply here.
 */
export type State = 'ok' | 'broken' | 'warning' | 'none';

/** The result of a check, and the exact mend where one is needed. */
export interface Finding {
  state: State;
  what: string;
  mend?: string;
}

export const ok = (what: string): Finding => ({ state: 'ok', what });
export const none = (what: string): Finding => ({ state: 'none', what });
export const broken = (what: string, mend: string): Finding => ({ state: 'broken', what, mend });
export const warning = (what: string, mend: string): Finding => ({ state: 'warning', what, mend });

export interface Check<S> {
  name: string;
  /** ms it may take. */
  patience: number;
  /** Keeps this process from doing anything else meanwhile, so it runs after the others. */
  alone?: true;
  look(situation: S, signal: AbortSignal): Promise<Finding[]>;
}

export interface Found extends Finding {
  check: string;
}

/**
 * Runs all checks side by side, each within its patience; one that fails or takes too long is a finding too. In the
 * order given.
 */
export async function examine<S>(checks: readonly Check<S>[], situation: S): Promise<Found[]> {
  const results = new Map<Check<S>, Found[]>();
  const run = async (check: Check<S>) => results.set(check, await within(check, situation));
  await Promise.all(checks.filter(({ alone }) => !alone).map(run));
  for (const check of checks.filter(({ alone }) => alone)) await run(check);
  return checks.flatMap((check) => results.get(check) ?? []);
}

async function within<S>(check: Check<S>, situation: S): Promise<Found[]> {
  const { name, patience } = check;
  const over = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Finding[]>((resolve) => {
    timer = setTimeout(() => {
      over.abort(new Error(`not within ${patience} ms`));
      resolve([
        warning(
          `not known within ${patience / 1000} s`,
          'the machine or what is asked is slow: try again when it is quiet',
        ),
      ]);
    }, patience);
  });
  const looking = check
    .look(situation, over.signal)
    .catch((error: unknown): Finding[] => [broken(reasonOf(error), 'correct what the reason names')]);
  const findings = await Promise.race([looking, late]);
  clearTimeout(timer);
  return findings.map((finding) => ({ check: name, ...finding }));
}

/** 0: all well. 1: something is broken. 3: warnings only. */
export function exitCodeOf(found: readonly Finding[]): 0 | 1 | 3 {
  if (found.some(({ state }) => state === 'broken')) return 1;
  return found.some(({ state }) => state === 'warning') ? 3 : 0;
}
