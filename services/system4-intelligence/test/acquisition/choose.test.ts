import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Tool } from '@vsmcp/vsm';
import fc from 'fast-check';
import { choose } from '../../src/acquisition/choose.js';
import type { Option, State } from '../../src/acquisition/state.js';
import { isComparable, SURE } from '../../src/matching/grounds.js';
import { COMMIT, candidate, toolsOf } from '../matching/needs.js';
import { CALC, GIT, LIMITS, option, RUNNER, Story, TIME, waiting } from './given.js';

const JS = waiting('js', ["console.log('run me')"]);
const COMMITS = { ...waiting('x', ['x']), type: COMMIT.type, samples: [...COMMIT.samples] };

/** A server with one tool that takes a text, and says of itself what is given. */
function server(
  name: string,
  description: string,
  rank: number,
  grants: Partial<Option['candidate']['spec']['grants']> = {},
) {
  const from = candidate(`io.github.some/${name}`, description);
  const spec = { ...from.spec, grants: { ...from.spec.grants, ...grants } };
  const tool: Tool = {
    name: `${name}_tool`,
    description,
    inputSchema: { properties: { text: { type: 'string', description: 'the text' } }, required: ['text'] },
  };
  return { option: option({ ...from, spec }, name, rank), tools: [tool] };
}

/** Up to the verdict that forbids the code runner, with these others beside it. */
function forbidden(...others: ReturnType<typeof server>[]): Story {
  const story = new Story();
  story.look(JS);
  story.ranked(option(RUNNER, 'code-runner', 8), ...others.map((one) => one.option));
  story.rule('allow', 'contained', story.proposal('code-runner'));
  story.probed('mcp-server-code-runner', RUNNER);
  assert.equal(story.said?.stage, 'trial');
  story.rule('deny', 'no-code');
  return story;
}

test('what is forbidden is refused at once: what merely shares a word with it is neither looked at nor tried', () => {
  const weak = server('git', 'Git version control of code', 3, { runs: ['git'] });
  const unseen = forbidden(weak);
  assert.deepEqual([unseen.said?.stage, unseen.said?.server], ['refuse', 'code-runner']);

  const seen = new Story();
  seen.look(JS);
  seen.know(weak.option.candidate, weak.tools);
  seen.ranked(option(RUNNER, 'code-runner', 8), weak.option);
  seen.rule('allow');
  seen.probed('mcp-server-code-runner', RUNNER);
  assert.equal(seen.said?.server, 'code-runner');
  seen.rule('deny', 'no-code');
  assert.deepEqual([seen.said?.stage, seen.said?.server], ['refuse', 'code-runner']);
});

test('another that fits about as well as what is forbidden is looked at and tried', () => {
  const other = server('linter', 'Checks JavaScript code of a snippet', 7);
  const story = forbidden(other);
  assert.deepEqual([story.said?.stage, story.said?.server], ['trial', 'code-runner'], 'its probe is under way already');
  story.rule('allow', 'contained', story.proposal('linter'));
  story.report(other.option.candidate, other.tools);
  assert.deepEqual([story.said?.stage, story.said?.tool], ['trial', 'linter_tool']);
});

test('servers that say about as much of themselves are looked at side by side, as many as may be; a plain winner alone', () => {
  const story = new Story();
  story.look(waiting('cron', ['3 9 * * 1-5']));
  story.ranked(option(CALC, 'calc', 4.1), option(TIME, 'time', 3.5), option(RUNNER, 'code-runner', 3.4));
  assert.deepEqual(
    [...story.state.looks.values()].map(({ said }) => said.server),
    ['calc', 'time'],
  );
  story.rule('allow', 'contained', story.proposal('time'));
  story.report(TIME, toolsOf('time-mcp'));
  assert.deepEqual(
    [...story.state.looks.values()].map(({ said }) => said.server),
    ['calc', 'code-runner'],
  );

  const alone = new Story();
  alone.look(waiting('cron', ['3 9 * * 1-5']));
  alone.ranked(option(CALC, 'calc', 4), option(TIME, 'time', 2.9));
  assert.equal(alone.state.looks.size, 1);
});

test('a better placed server that is being looked at is waited for, but not for long', () => {
  const story = new Story();
  story.look(waiting('cron', ['3 9 * * 1-5']));
  story.ranked(option(TIME, 'time', 4), option(CALC, 'calc', 4));
  story.rule('allow', 'contained', story.proposal('time'));
  story.rule('allow', 'contained', story.proposal('calc'));
  story.report(CALC, toolsOf('calc-mcp'));
  assert.equal(story.saga('file.cron').step, 'probing');
  story.later(LIMITS.patience - 1);
  assert.equal(story.saga('file.cron').step, 'probing');
  story.later(1);
  assert.deepEqual([story.said?.stage, story.said?.tool], ['trial', 'cron_parse']);
  story.report(TIME, toolsOf('time-mcp'));
  assert.equal(story.saga('file.cron').step, 'matched', 'what comes late is kept, and disturbs nothing');
  assert.equal(story.state.probes.size, 2);
});

test('a server that is looked at for one type is not started for another at the same time', () => {
  const story = new Story();
  story.look(waiting('cron', ['3 9 * * 1-5']), waiting('color', ['#ff8800']));
  story.ranked(option(CALC, 'calc'));
  story.ranked(option(CALC, 'calc'));
  assert.equal(story.events.filter(({ type }) => type === 'acquisition.proposed').length, 1);
  story.rule('allow');
  story.report(CALC, toolsOf('calc-mcp'));
  assert.equal(story.saga('file.cron').step, 'matched');
  assert.match(story.saga('file.color').because, /waits for calc/);
});

test('a person is asked about what fits well, as git for a commit', () => {
  const story = new Story();
  story.look(COMMITS);
  story.ranked(option(GIT, 'git'));
  story.rule('allow');
  story.report(GIT, toolsOf('git-mcp-server'));
  const { stage, tool, grants } = story.proposal('git');
  assert.deepEqual([stage, tool, grants.runs], ['trial', 'git_show', ['git']]);
});

test('nobody is asked about what hardly fits: it is passed over, with the figures', () => {
  const weak = server('notes', 'Keeps any yaml', 4, { network: true });
  const story = new Story();
  story.look(waiting('yaml', ['a: 1']));
  story.ranked(weak.option);
  story.rule('allow');
  story.report(weak.option.candidate, weak.tools);
  assert.equal(story.saga('file.yaml').step, 'failed');
  assert.match(story.saga('file.yaml').because, /hardly fits \(\d+(\.\d)? of 6\): nobody is asked/);

  const contained = server('notes', 'Keeps any yaml', 4);
  const free = new Story();
  free.look(waiting('yaml', ['a: 1']));
  free.ranked(contained.option);
  free.rule('allow');
  free.report(contained.option.candidate, contained.tools);
  assert.equal(free.said?.stage, 'trial', 'what needs nobody is tried on thinner grounds');
});

test('of servers that fit about as well, the one that needs no person is tried first', () => {
  const asking = server('yaml-net', 'Parses yaml text', 5, { network: true });
  const plain = server('yaml-plain', 'Parses yaml text', 4);
  const story = new Story();
  story.know(asking.option.candidate, asking.tools);
  story.know(plain.option.candidate, plain.tools);
  story.look(waiting('yaml', ['a: 1']));
  story.ranked(asking.option, plain.option);
  assert.equal(story.said?.server, 'yaml-plain');
});

const words = fc.constantFrom('javascript', 'code', 'run', 'snippet', 'git', 'text', 'note', 'execute', 'weather');
const others = fc.array(
  fc.record({
    words: fc.array(words, { maxLength: 6 }),
    rank: fc.double({ min: 0, max: 10, noNaN: true }),
    network: fc.boolean(),
    known: fc.boolean(),
  }),
  { maxLength: 6 },
);

test('whatever else there is, nothing weak is left to choose after a rule forbade, and nobody is asked on thin grounds', () => {
  fc.assert(
    fc.property(others, fc.boolean(), (some, isForbidden) => {
      const made = some.map(({ words: said, rank, network }, n) => server(`s${n}`, said.join(' '), rank, { network }));
      const story = new Story();
      story.look(JS);
      for (const [n, { known }] of some.entries()) {
        const one = made[n];
        if (known && one) story.know(one.option.candidate, one.tools);
      }
      const stopped = { rule: 'no-code', because: 'never', grounds: 8, rank: 8 };
      const saga = { ...story.saga('file.js'), options: made.map((one) => one.option) };
      const state: State = { ...story.state, sagas: new Map([[saga.type, saga]]) };
      const said = story.trialFor(RUNNER);
      const given = isForbidden ? { ...saga, stopped: { ...stopped, said } } : saga;
      const { fits, unseen, reasons } = choose(state, given, story.now, LIMITS);
      for (const { match, asks } of fits) {
        if (isForbidden) assert.ok(isComparable(match.grounds, stopped.grounds));
        if (asks) assert.ok(match.grounds >= SURE);
      }
      if (isForbidden) for (const { option: one } of unseen) assert.ok(isComparable(one.rank, stopped.rank));
      const chosen = new Set([...fits, ...unseen].map(({ option: one }) => one.server));
      for (const { option: one } of made)
        assert.ok(chosen.has(one.server) || reasons.some((reason) => reason.includes(one.server)), one.server);
    }),
    { numRuns: 200 },
  );
});
