import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Capability, Tool } from '@vsmcp/vsm';
import { alreadyThere, optionsFor } from '../../src/acquisition/options.js';
import { matchWish } from '../../src/matching/wish.js';
import { toolsOf } from '../matching/needs.js';
import { CALC, GIT, LIMITS, option, RUNNER, Story, TIME } from './given.js';

const CRON = 'demand.parse-cron-expression';
const WISH = 'parse a cron expression';

/** Up to the trial of calc for somebody's wish. */
function wished(): Story {
  const story = new Story();
  story.demand(CRON, WISH);
  story.ranked(option(CALC, 'calc'));
  story.rule('allow');
  story.probed('calc-mcp');
  return story;
}

test('a wish is looked for and brought in like what an event lacks, without a response, and is met when the server is ready', () => {
  const story = wished();
  const trial = story.proposal('calc');
  assert.deepEqual([trial.stage, trial.type, trial.tool, trial.by], ['trial', CRON, 'cron_parse', 'agent:x']);
  assert.equal(trial.response, undefined);
  assert.deepEqual(trial.calls, [], 'calc does not say that the tool only reads');
  assert.ok(trial.arguments.includes('expression'), 'rules look at what it can be given');
  story.rule('allow');
  story.tried({ tools: toolsOf('calc-mcp'), contract: 'c1', confinement: 'bubblewrap' });
  const install = story.proposal('calc');
  assert.deepEqual([install.stage, install.response, install.evidence?.contract], ['install', undefined, 'c1']);
  story.rule('allow');
  story.capability('ready');
  assert.equal(story.saga(CRON).step, 'closed');
  assert.equal(story.state.demands.size, 0);
});

test('two wishes for one server: the second comes after the first, and is met without another start', () => {
  const story = new Story();
  const jwt = 'demand.decode-jwt';
  story.demand(CRON, WISH);
  story.demand(jwt, 'decode jwt');
  story.ranked(option(CALC, 'calc'));
  story.ranked(option(CALC, 'calc'));
  story.rule('allow');
  story.probed('calc-mcp');
  for (const type of [CRON, jwt]) {
    assert.equal(story.proposal('calc').type, type);
    story.rule('allow');
    story.tried({ tools: toolsOf('calc-mcp'), contract: 'c1' });
    assert.equal(story.proposal('calc').stage, 'install');
    story.rule('allow');
    if (type === CRON) story.capability('ready');
    assert.equal(story.saga(type).step, 'closed');
  }
});

test('the same wish again is one demand; after it was met it can come again', () => {
  const story = new Story();
  story.demand(CRON, WISH);
  story.demand(CRON, WISH, 'agent:y');
  assert.equal(story.state.demands.size, 1);
  assert.deepEqual([story.state.demands.get(CRON)?.by, story.state.demands.get(CRON)?.times], ['agent:x', 2]);
  assert.equal(story.state.sagas.size, 1);
  const { proposal } = story.saga(CRON);
  story.when({ kind: 'there', proposal, because: 'calc.cron_parse is there already' });
  assert.equal(story.saga(CRON).step, 'closed');
  assert.deepEqual(story.look(), []);
  story.demand(CRON, WISH);
  assert.notEqual(story.saga(CRON).proposal, proposal);
});

test('a wish that finds nothing goes on waiting, is looked for later again, and lapses when nobody repeats it', () => {
  const story = new Story();
  story.demand(CRON, WISH);
  story.ranked();
  assert.equal(story.saga(CRON).step, 'nothing-found');
  assert.deepEqual(story.look(), []);
  story.now += LIMITS.retry;
  assert.equal(story.look().length, 1);
  story.ranked();
  story.now += LIMITS.wish;
  assert.deepEqual(story.look(), []);
});

test('a tool that only reads and needs nothing is called once in the trial', () => {
  const story = new Story();
  story.demand('demand.system-load', 'system load');
  const tool: Tool = {
    name: 'load_now',
    description: 'The load of the system',
    inputSchema: { properties: { unit: { type: 'string' } } },
    annotations: { readOnlyHint: true },
  };
  story.ranked(option(TIME, 'monitor'));
  story.rule('allow');
  story.report(TIME, [tool]);
  assert.deepEqual(story.proposal('monitor').calls, [{ tool: 'load_now', arguments: {}, expect: 'answer' }]);
  story.rule('allow');
  story.tried({
    tools: [tool],
    results: [{ tool: 'load_now', arguments: {}, expect: 'answer', error: true, content: [], ms: 1 }],
  });
  assert.match(story.saga('demand.system-load').because, /load_now failed/);
});

test('a tool that was gone at the trial is not brought in', () => {
  const story = wished();
  story.rule('allow');
  story.tried({ tools: [] });
  assert.match(story.saga(CRON).because, /was gone/);
});

test('what is forbidden is refused for a wish too, and then it is no demand any more', () => {
  const story = new Story();
  story.demand('demand.run-code', 'run code');
  story.ranked(option(RUNNER, 'code-runner'));
  story.rule('allow');
  story.probed('mcp-server-code-runner');
  story.rule('deny', 'no-code');
  story.rule('allow', 'no-code');
  assert.equal(story.saga('demand.run-code').step, 'refused');
  assert.equal(story.state.demands.size, 0);
});

test('a person is asked for a wish only when a tool speaks of all of it', () => {
  const asked = (wish: string) => {
    const story = new Story();
    story.demand('demand.x', wish);
    story.ranked(option(GIT, 'git'));
    story.rule('allow');
    story.probed('git-mcp-server');
    return story.said?.stage;
  };
  assert.equal(asked('git commit history'), 'trial');
  assert.equal(asked('git commit history in Esperanto'), 'probe', 'it stays at what it knew');
});

test('a petition for a type of which nothing waits is looked at and tried like a wish, in the name of who asked', () => {
  const story = new Story();
  const about = { proposal: 'w', type: 'file.cron', waiting: [] };
  story.when({ kind: 'wish', ...about, wish: { by: 'ann' } });
  story.ranked(option(CALC, 'calc'));
  assert.equal(story.said?.stage, 'probe');
  story.rule('allow');
  story.probed('calc-mcp');
  const { stage, tool, by } = story.proposal('calc');
  assert.deepEqual([stage, tool, by], ['trial', 'cron_parse', 'ann']);

  const none = new Story();
  none.when({ kind: 'wish', ...about, type: 'file.poem', wish: { by: 'ann' } });
  none.ranked(option(CALC, 'calc'));
  none.rule('allow');
  none.probed('calc-mcp');
  assert.equal(none.saga('file.poem').step, 'failed');
  assert.match(none.saga('file.poem').because, /none of its 21 tools fits/);
});

test('a petition for a tool by its name takes the server that has it', () => {
  const story = new Story();
  story.when({
    kind: 'wish',
    proposal: 'w',
    type: 'server.relative_time',
    wish: { by: 'ann', tool: 'relative_time' },
    waiting: [],
  });
  story.ranked(option(CALC, 'calc'), option(TIME, 'time'));
  for (const [server, tools] of [
    ['calc', 'calc-mcp'],
    ['time', 'time-mcp'],
  ] as const) {
    const { candidate } = story.proposal(server);
    story.rule('allow', 'contained', story.proposal(server));
    story.report(candidate, toolsOf(tools));
  }
  assert.deepEqual([story.said?.stage, story.said?.server, story.said?.tool], ['trial', 'time', 'relative_time']);
});

test('words alone match tools that speak of at least half of them, the most of it first', () => {
  const found = (text: string) =>
    matchWish({ type: 'demand.x', samples: [], text }, toolsOf('calc-mcp')).map(({ tool }) => tool);
  assert.equal(found('cron')[0], 'cron_parse');
  assert.equal(found('convert colors')[0], 'color');
  assert.equal(found('decode a jwt')[0], 'jwt_decode');
  assert.deepEqual(found('weather forecast for tomorrow'), []);
});

test('what the fleet has already is what is wished for only when it speaks of all of it', () => {
  const row: Capability = {
    server: 'calc',
    origin: 'configured',
    version: '1.0.0',
    spec: CALC.spec,
    state: 'ready',
    responses: {},
    tools: toolsOf('calc-mcp'),
  };
  const saga = (text: string) => ({ type: 'demand.x', samples: [], wish: { by: 'x', text } });
  assert.equal(alreadyThere(saga('parse cron'), [row]), 'calc.cron_parse');
  assert.equal(alreadyThere(saga('parse cron of tomorrow'), [row]), undefined);
  assert.equal(alreadyThere(saga('parse cron'), [{ ...row, state: 'failed' }]), undefined);
  assert.equal(alreadyThere({ type: 'file.cron', samples: [{}] }, [row]), undefined);
  assert.deepEqual(optionsFor(saga('weather'), [CALC], [row], new Set(['calc']), new Story().state), []);
});
