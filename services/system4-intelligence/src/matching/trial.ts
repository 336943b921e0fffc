import type { Tool, TrialCall, TrialResult } from '@vsmcp/vsm';
import type { Field } from './fields.js';
import { guardOf } from './guard.js';
import { argumentsOf, type Match } from './match.js';
import { hasNotation } from './shape.js';
import { spoil } from './spoil.js';

/** Samples that a tool is tried on, and of these the ones it is tried on spoiled. */
const GOOD = 3;
const BAD = 2;

/** The fields whose values can be wrong: those in a notation, the places (paths) left out. */
function spoilable(match: Match): Field[] {
  return match.bindings.flatMap(({ field }) => {
    if (field?.kind !== 'string' || field.shape === undefined) return [];
    return hasNotation(field.shape) ? [field] : [];
  });
}

/** The calls of a trial: real samples, and spoiled ones where the input has a notation that can be violated. */
export function trialCalls(match: Match): TrialCall[] {
  const samples = match.bindings.find((binding) => binding.field !== undefined)?.values.length ?? 0;
  const calls: TrialCall[] = [];
  for (let i = 0; i < Math.min(GOOD, samples); i++)
    calls.push({ tool: match.tool, arguments: argumentsOf(match, i), expect: 'answer' });
  const fields = spoilable(match);
  if (fields.length > 0)
    for (let i = 0; i < Math.min(BAD, samples); i++)
      calls.push({ tool: match.tool, arguments: spoiledArguments(match, fields, i), expect: 'error' });
  return calls;
}

function spoiledArguments(match: Match, fields: readonly Field[], sample: number): Record<string, unknown> {
  const spoiled = argumentsOf(match, sample);
  for (const { parameter, field, values } of match.bindings) {
    if (field === undefined || !fields.includes(field)) continue;
    const value = values[sample];
    if (typeof value === 'string') spoiled[parameter] = spoil(value);
    else if (Array.isArray(value))
      spoiled[parameter] = value.map((item) => (typeof item === 'string' ? spoil(item) : item));
    else if (typeof value === 'number') spoiled[parameter] = spoil(String(value));
  }
  return spoiled;
}

/** True when a server that was wished for still offers the tool, and the tool answered where it could be called. */
export function judgeWish(match: Match, tools: readonly Tool[], results: readonly TrialResult[]): Judgement {
  if (!tools.some(({ name }) => name === match.tool))
    return { ok: false, because: `${match.tool} was gone when its server was started again` };
  const failed = results.find((result) => result.error);
  if (failed) return { ok: false, because: `${match.tool} failed: ${textOf(failed.content).slice(0, 200)}` };
  const shown =
    results.length > 0 ? 'answered when it was called' : 'could be started, and was not called without events';
  return { ok: true, because: `${match.tool} ${shown}` };
}

export type Judgement = { ok: true; guard?: string; because: string } | { ok: false; because: string };

/** Answers that say nothing, whatever was asked. */
const EMPTY = /^["'\s]*(invalid date|nan|undefined|null|none|infinity|\[object object\]|\{\}|\[\])?["'\s.]*$/i;

/** The text of an answer. */
function textOf(content: unknown): string {
  if (!Array.isArray(content)) return content === undefined || content === null ? '' : JSON.stringify(content);
  return content
    .map((block: unknown) =>
      typeof block === 'object' && block !== null && 'text' in block && typeof block.text === 'string'
        ? block.text
        : JSON.stringify(block),
    )
    .join('\n');
}

/**
 * Judges whether the trial shows a tool that understands its input: every real sample answered with something, every
 * spoiled one refused or answered differently; where it answered a spoiled one, a guard on the samples' form must be
 * possible.
 */
export function judge(match: Match, results: readonly TrialResult[]): Judgement {
  const good = results.filter((result) => result.expect === 'answer');
  const bad = results.filter((result) => result.expect === 'error');
  if (good.length === 0) return { ok: false, because: `${match.tool} was not tried on any real event` };
  for (const result of good) {
    const text = textOf(result.content);
    if (result.error) return { ok: false, because: `${match.tool} failed on a real event: ${text.slice(0, 200)}` };
    if (EMPTY.test(text))
      return { ok: false, because: `${match.tool} answered a real event with “${text.slice(0, 40)}”` };
  }
  const answered = bad.filter((result) => !result.error && !EMPTY.test(textOf(result.content)));
  const answers = new Set(good.map((result) => textOf(result.content)));
  if (answered.some((result) => answers.has(textOf(result.content))))
    return {
      ok: false,
      because: `${match.tool} answers nonsense as it answers real events: it does not look at its input`,
    };
  if (bad.length > 0 && bad.every((result) => result.error))
    return {
      ok: true,
      because: `answered ${good.length} of ${good.length} real events, refused ${bad.length} spoiled`,
    };
  if (bad.length === 0) return { ok: true, because: `answered ${good.length} of ${good.length} real events` };
  for (const field of spoilable(match)) {
    const samples = field.values.map(String);
    const guard = guardOf(field.path, samples, samples.map(spoil));
    if (guard !== undefined)
      return {
        ok: true,
        guard: guard.cel,
        because: `answered ${good.length} of ${good.length} real events; it answers spoiled input too, so a guard holds that off`,
      };
  }
  return { ok: false, because: `${match.tool} answers spoiled input, and no guard can tell it from the real events` };
}
