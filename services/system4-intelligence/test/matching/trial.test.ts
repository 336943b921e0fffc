import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TrialResult } from '@vsmcp/vsm';
import { matchTools } from '../../src/matching/match.js';
import { judge, trialCalls } from '../../src/matching/trial.js';
import { COMMIT, files, toolsOf } from './needs.js';

const only = <T>(list: readonly T[]): T => {
  const [first] = list;
  assert.ok(first !== undefined);
  return first;
};
const deadline = only(matchTools(files('deadline', '2026-12-21 18:00:00', '2026-12-22 18:00:00'), toolsOf('time-mcp')));
const cron = only(matchTools(files('cron', '3 9 * * 1-5'), toolsOf('calc-mcp')));

/** The answers of a server to each call of the trial. */
const results = (match: typeof cron, answer: (call: string, good: boolean) => string | Error): TrialResult[] =>
  trialCalls(match).map((call) => {
    const said = answer(JSON.stringify(call.arguments), call.expect === 'answer');
    const text = said instanceof Error ? said.message : said;
    return { ...call, error: said instanceof Error, content: [{ type: 'text', text }], ms: 1 };
  });

test('a trial has real samples, and spoiled ones in the same places', () => {
  assert.deepEqual(trialCalls(cron), [
    { tool: 'cron_parse', arguments: { expression: '3 9 * * 1-5' }, expect: 'answer' },
    { tool: 'cron_parse', arguments: { expression: '~r x * * z-t' }, expect: 'error' },
  ]);
  const shown = trialCalls(only(matchTools(COMMIT, toolsOf('git-mcp-server'))));
  assert.equal(shown[1]?.arguments.path, '/home/me/front', 'a place is not spoiled');
  assert.match(String(shown[1]?.arguments.object), /^~/);
});

test('code has no wrong form that could be tried', () => {
  const run = only(matchTools(files('js', 'x = 1'), toolsOf('mcp-server-code-runner')));
  assert.deepEqual(
    trialCalls(run).map(({ expect }) => expect),
    ['answer'],
  );
});

test('errors on spoiled input, answers on real: sound, without a guard', () => {
  const judgement = judge(
    cron,
    results(cron, (call, good) => (good ? `next of ${call}` : new Error('bad'))),
  );
  assert.ok(judgement.ok && judgement.guard === undefined);
});

test('answers on spoiled input get a guard', () => {
  const judgement = judge(
    deadline,
    results(deadline, (_, good) => (good ? 'in a month' : 'a month ago')),
  );
  assert.ok(judgement.ok);
  assert.match(judgement.guard ?? '', /^data\.text\.matches\(/);
});

test('what does not understand its input is not taken', () => {
  const failing: [string, (call: string, good: boolean) => string | Error][] = [
    ['errors on real input', () => new Error('no')],
    ['says Invalid Date', () => 'Invalid Date'],
    ['says NaN', () => 'NaN'],
    ['says nothing', () => ''],
    ['says the same to everything', () => 'hello'],
  ];
  for (const [what, answer] of failing) assert.equal(judge(deadline, results(deadline, answer)).ok, false, what);
  assert.equal(judge(deadline, []).ok, false);
});
