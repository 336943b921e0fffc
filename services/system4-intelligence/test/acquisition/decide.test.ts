import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toolsOf } from '../matching/needs.js';
import { CALC, LIMITS, option, RUNNER, Story, TIME, waiting } from './given.js';

const CRON = waiting('cron', ['3 9 * * 1-5', '1 9 * * 1-5', '2 9 * * 1-5']);
const DEADLINE = waiting('deadline', ['2026-12-21 18:00:00']);
const sound = (good: boolean) => (good ? `an answer` : new Error('Invalid'));

/** Up to the trial of cron_parse, which is allowed. */
function trying(): Story {
  const story = new Story();
  story.look(CRON);
  story.ranked(option(CALC, 'calc'));
  story.rule('allow');
  story.probed('calc-mcp');
  story.rule('allow');
  return story;
}
function installing(): Story {
  const story = trying();
  story.answered(sound);
  story.rule('allow');
  return story;
}

test('from a gap to its closing, each stage asked of System 5', () => {
  const story = new Story();
  story.look(CRON);
  assert.equal(story.saga('file.cron').step, 'searching');
  story.ranked(option(TIME, 'time', 6), option(CALC, 'calc', 4));
  assert.equal(story.said?.stage, 'probe');
  assert.equal(story.said.server, 'time');
  story.rule('allow');
  story.probed('time-mcp');
  assert.equal(story.said?.server, 'calc', 'no tool of the first fits: the next is probed');
  story.rule('allow');
  story.probed('calc-mcp');
  assert.equal(story.said?.stage, 'trial');
  assert.equal(story.said.tool, 'cron_parse');
  assert.deepEqual(story.said.arguments, ['expression']);
  assert.equal(story.said.calls.length, 5);
  assert.equal(story.saga('file.cron').step, 'matched');
  story.rule('allow');
  assert.equal(story.saga('file.cron').step, 'trying');
  story.answered(sound);
  assert.equal(story.said?.stage, 'install');
  assert.equal(story.said.evidence?.integrity, 'sha512-x');
  assert.deepEqual(story.said.response, { call: 'calc.cron_parse', with: { expression: '=data.text' } });
  story.rule('allow');
  assert.equal(story.saga('file.cron').step, 'installing');
  story.capability('ready');
  assert.equal(story.saga('file.cron').step, 'confirming');
  story.look();
  assert.equal(story.saga('file.cron').step, 'closed');
  assert.equal(story.saga('file.cron').waiting, 0);
});

test('a tool that answers spoiled input comes with a guard', () => {
  const story = new Story();
  story.look(DEADLINE);
  story.ranked(option(TIME, 'time'));
  story.rule('allow');
  story.probed('time-mcp');
  story.rule('allow');
  story.answered((good) => (good ? 'in a month' : 'a month ago'));
  assert.equal(story.said?.stage, 'install');
  assert.match(JSON.stringify(story.said.response), /"guard":"data\.text\.matches/);
});

test('what a guard holds off is no gap, and does not keep one open', () => {
  const story = installing();
  story.capability('ready');
  story.look({ ...CRON, cause: 'guard' });
  assert.equal(story.saga('file.cron').step, 'closed');
  assert.deepEqual(story.look({ ...CRON, cause: 'guard' }), []);
});

test('a failed trial goes on to the next; when nothing is left it is failed, and tried again later and later', () => {
  const story = trying();
  story.answered(() => 'Invalid Date');
  const saga = story.saga('file.cron');
  assert.equal(saga.step, 'failed');
  assert.match(saga.because, /Invalid Date/);
  assert.deepEqual(story.look(CRON), [], 'not at once');
  story.now += LIMITS.retry;
  story.look(CRON);
  assert.equal(story.saga('file.cron').step, 'searching');
  assert.equal(story.saga('file.cron').proposal, saga.proposal);
  story.ranked();
  assert.equal(story.saga('file.cron').step, 'nothing-found');
  story.now += LIMITS.retry;
  assert.deepEqual(story.look(CRON), [], 'twice as long the second time');
  story.now += LIMITS.retry;
  assert.equal(story.look(CRON).length, 1);
});

test('a forbidden fit is refused with the name of the rule', () => {
  const story = new Story();
  story.look(waiting('js', ["console.log('run me')"]));
  story.ranked(option(RUNNER, 'code-runner'));
  story.rule('allow');
  story.probed('mcp-server-code-runner');
  assert.deepEqual(story.said?.arguments, ['code', 'languageId']);
  story.rule('deny', 'no-code');
  assert.equal(story.said?.stage, 'refuse');
  assert.match(story.said.because, /no-code/);
  story.rule('allow', 'no-code');
  const saga = story.saga('file.js');
  assert.equal(saga.step, 'refused');
  assert.equal(saga.rule, 'no-code');
});

test('a no that is no forbid rule leaves the events waiting', () => {
  const story = trying();
  story.answered(sound);
  story.rule('deny', 'acquire.ask');
  assert.equal(story.saga('file.cron').step, 'failed');
  assert.equal(story.said?.stage, 'install', 'nothing is refused');
});

test('what waits for a person blocks nobody, however long; the answer goes on', () => {
  const story = new Story();
  story.look(CRON);
  story.ranked(option(CALC, 'calc'));
  story.rule('allow');
  story.probed('calc-mcp');
  story.rule('ask');
  const asked = story.said;
  assert.equal(story.saga('file.cron').step, 'asking');
  story.later(3_600_000);
  story.look(CRON, DEADLINE, waiting('x', ['1.2.3']), waiting('y', ['y']));
  assert.deepEqual(
    [...story.state.sagas.values()].map(({ step }) => step),
    ['asking', 'searching', 'searching', 'searching'],
  );
  story.said = asked;
  story.rule('allow');
  assert.equal(story.saga('file.cron').step, 'trying');
});

test('one vague event among many does not hide what they look like', () => {
  const story = new Story();
  story.look(waiting('deadline', ['soonish', '2026-12-21 18:00:00', '2026-12-22 18:00:00']));
  assert.equal(story.saga('file.deadline').samples.length, 2);
  story.look(waiting('cron', ['whenever', '3 9 * * 1-5']));
  assert.equal(story.saga('file.cron').samples.length, 1);
});

test('a few at a time, those with the most events first', () => {
  const story = new Story();
  const many = Array.from({ length: 100 }, (_, n) => waiting(`kind${n}`, ['x'], { events: n }));
  story.look(...many);
  assert.deepEqual(
    [...story.state.sagas.keys()],
    Array.from({ length: LIMITS.sagas }, (_, n) => `file.kind${99 - n}`),
  );
  assert.deepEqual(story.look(...many), []);
});

test('a gap that does not close is rolled back', () => {
  const story = installing();
  story.capability('ready');
  story.now += LIMITS.confirm - 1;
  story.look({ ...CRON, events: 2 });
  story.later(LIMITS.confirm - 1);
  assert.equal(story.saga('file.cron').step, 'confirming', 'it shrank: it has more time');
  story.later(1);
  assert.equal(story.said?.stage, 'remove');
  story.rule('allow', 'acquire.rollback');
  assert.equal(story.saga('file.cron').step, 'rolled-back');
});

test('a server that does not start is taken back with its reason', () => {
  const story = installing();
  story.capability('failed', 'exit code 1');
  assert.equal(story.said?.stage, 'remove');
  assert.match(story.said.because, /exit code 1/);
});

test('silence ends each step with a reason', () => {
  const silent = new Story();
  silent.look(CRON);
  silent.later(LIMITS.search);
  assert.match(silent.saga('file.cron').because, /registries did not answer/);

  const unruled = new Story();
  unruled.look(CRON);
  unruled.ranked(option(CALC, 'calc'));
  unruled.later(LIMITS.verdict);
  assert.match(unruled.saga('file.cron').because, /System 5 did not answer/);
  assert.deepEqual(unruled.look(CRON), []);
  unruled.now += 1;
  unruled.probed('calc-mcp');
  unruled.look(CRON);
  assert.equal(unruled.saga('file.cron').step, 'searching', 'what was seen after all counts');

  const untried = trying();
  untried.later(LIMITS.tried);
  assert.match(untried.saga('file.cron').because, /System 1 did not report/);

  const unready = installing();
  unready.later(LIMITS.ready);
  assert.equal(unready.said?.stage, 'remove');
});

test('what the fleet has acquired already is tried without a probe, and confirmed without a start', () => {
  const story = new Story();
  story.look(CRON);
  story.ranked({ ...option(CALC, 'calc'), installed: { tools: toolsOf('calc-mcp'), only: ['cron_parse', 'math'] } });
  assert.equal(story.said?.stage, 'trial');
  assert.deepEqual(story.said.only, ['cron_parse', 'math']);
  story.rule('allow');
  story.answered(sound);
  story.rule('allow');
  assert.equal(story.saga('file.cron').step, 'confirming');
});

test('a probe is good for other types, until it is out of date', () => {
  const story = installing();
  story.look();
  assert.equal(story.saga('file.cron').step, 'closed');
  story.look(waiting('color', ['#ff8800']));
  story.ranked(option(CALC, 'calc'));
  assert.equal(story.said?.stage, 'trial');
  story.rule('deny', 'acquire.ask');
  story.now += LIMITS.ttl;
  story.look(waiting('semver', ['1.2.3']));
  story.ranked(option(CALC, 'calc'));
  assert.equal(story.said?.stage, 'probe');
});

test('two types that want the same server bring it in one after the other', () => {
  const story = trying();
  const color = waiting('color', ['#ff8800']);
  story.look(CRON, color);
  story.ranked(option(CALC, 'calc'));
  assert.match(story.saga('file.color').because, /waits for calc/);
  assert.equal(story.later(1000).length, 0);
  story.answered(sound);
  story.rule('allow');
  story.capability('ready');
  story.later(1000);
  assert.equal(story.said?.type, 'file.color');
  assert.equal(story.said.stage, 'trial');
});

test('a wish for a server by name installs what was asked for, under the name of who asked', () => {
  const story = new Story();
  story.when({
    kind: 'wish',
    proposal: 'w',
    type: 'server.calc.math',
    wish: { by: 'ann', server: 'calc', tool: 'math' },
    waiting: [],
  });
  story.ranked(option(CALC, 'calc'));
  story.rule('allow');
  story.probed('calc-mcp');
  assert.equal(story.said?.stage, 'install');
  assert.equal(story.said.by, 'ann');
  assert.deepEqual(story.said.only, ['math']);
  assert.equal(story.said.response, undefined);
  story.rule('allow');
  story.capability('ready');
  assert.equal(story.saga('server.calc.math').step, 'closed');
});

test('a new leader says again what has no answer yet, and waits anew for what was allowed', () => {
  const unruled = new Story();
  unruled.look(CRON);
  unruled.ranked(option(CALC, 'calc'));
  const types = (story: Story) => story.when({ kind: 'takeover' }).map(({ type }) => type);
  assert.deepEqual(types(unruled), ['acquisition.proposed']);
  const story = trying();
  story.now += LIMITS.tried;
  assert.deepEqual(types(story), ['acquisition.moved']);
  story.later(LIMITS.tried - 1);
  story.answered(sound);
  assert.equal(story.said?.stage, 'install');
});

test('strangers, repeats and stale messages change nothing', () => {
  const story = trying();
  assert.deepEqual(story.rule('allow'), [], 'twice the same verdict');
  const said = { proposal: 'nobody', npm: 'x@1.0.0', instance: 's1', ok: true, tools: [], results: [] };
  assert.deepEqual(story.when({ kind: 'tried', said }), []);
  assert.deepEqual(story.capability('ready'), []);
  assert.deepEqual(story.when({ kind: 'ranked', proposal: 'nobody', options: [] }), []);
});
