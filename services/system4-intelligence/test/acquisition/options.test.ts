import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Capability } from '@vsmcp/vsm';
import { optionsFor } from '../../src/acquisition/options.js';
import { COMMIT, toolsOf } from '../matching/needs.js';
import { CALC, Story, TIME, waiting } from './given.js';

function sagaFor(extension: string, text: string, wish?: { server?: string; tool?: string }) {
  const story = new Story();
  const one = waiting(extension, [text]);
  if (wish) story.when({ kind: 'wish', proposal: 'w', type: one.type, wish: { by: 'ann', ...wish }, waiting: [one] });
  else story.look(one);
  return { saga: story.saga(one.type), state: story.state };
}
const row = (
  server: string,
  from: typeof CALC,
  tools: Capability['tools'],
  more: Partial<Capability> = {},
): Capability => ({
  server,
  origin: 'acquired',
  version: '1.0.0',
  spec: from.spec,
  tools,
  state: 'ready',
  responses: {},
  ...more,
});

test('what was acquired comes first, and its package is not brought in a second time', () => {
  const { saga, state } = sagaFor('cron', '3 9 * * 1-5');
  const rows = [row('calc', CALC, toolsOf('calc-mcp'))];
  const options = optionsFor(saga, [TIME, CALC], rows, new Set(), state);
  assert.deepEqual(
    options.map(({ server, installed }) => [server, installed !== undefined]),
    [
      ['calc', true],
      ['time', false],
    ],
  );
});

test('only what a server is allowed to offer is used again', () => {
  const { saga, state } = sagaFor('cron', '3 9 * * 1-5');
  const rows = [row('calc', CALC, toolsOf('calc-mcp'), { only: ['math'] })];
  const [first] = optionsFor(saga, [CALC], rows, new Set(), state);
  assert.equal(first?.installed, undefined);
  assert.equal(first?.server, 'calc', 'but it keeps its name');
});

test('configured servers, and those that are not ready, are not used again; their names are not given twice', () => {
  const { saga, state } = sagaFor('cron', '3 9 * * 1-5');
  const other = { ...TIME.spec, npm: 'other@1.0.0' };
  const rows = [
    row('calc', CALC, toolsOf('calc-mcp'), { origin: 'configured' }),
    row('time', { ...TIME, spec: other }, toolsOf('calc-mcp'), { state: 'failed' }),
  ];
  const options = optionsFor(saga, [CALC, TIME], rows, new Set(['calc']), state);
  assert.deepEqual(
    options.map(({ server }) => server),
    ['calc-2', 'time-2'],
  );
  assert.ok(options.every(({ installed }) => installed === undefined));
});

test('a wish names its server by any of its names', () => {
  for (const server of ['io.github.yokingma/time-mcp', 'time-mcp', 'time', 'Time-MCP']) {
    const { saga, state } = sagaFor('cron', '3 9 * * 1-5', { server });
    assert.deepEqual(
      optionsFor(saga, [CALC, TIME], [], new Set(), state).map((one) => one.candidate.name),
      [TIME.name],
    );
  }
});

test('a server of which only reading is offered is not used for writing', () => {
  const tools = toolsOf('git-mcp-server');
  const reading = tools.filter((tool) => tool.annotations?.readOnlyHint).map((tool) => tool.name);
  const story = new Story();
  story.look(waiting('js', ['x = 1']), { ...waiting('x', []), type: COMMIT.type, samples: [...COMMIT.samples] });
  const git = row('git', CALC, tools, { only: reading });
  assert.deepEqual(optionsFor(story.saga('file.js'), [], [git], new Set(), story.state), []);
  assert.equal(optionsFor(story.saga('git.commit'), [], [git], new Set(), story.state).length, 1);
});
