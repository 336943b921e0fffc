import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileExpression } from '@vsmcp/expressions';
import { CallResponse } from '@vsmcp/vsm';
import fc from 'fast-check';
import { argumentsOf, matchTools, responseOf } from '../../src/matching/match.js';
import type { Need } from '../../src/matching/query.js';
import { COMMIT, files, toolsOf } from './needs.js';

const best = (need: Need, server: Parameters<typeof toolsOf>[0]) => matchTools(need, toolsOf(server))[0];

const evaluate = (expression: string, data: unknown) => compileExpression(expression)({ data, event: {}, results: [] });

test('a cron expression is for cron_parse of calc-mcp', () => {
  const match = best(files('cron', '3 9 * * 1-5', '1 9 * * 1-5'), 'calc-mcp');
  assert.ok(match);
  assert.deepEqual(responseOf(match, 'calc'), { call: 'calc.cron_parse', with: { expression: '=data.text' } });
  assert.deepEqual(argumentsOf(match, 1), { expression: '1 9 * * 1-5' });
});

test('a date with a time is for the one tool of time-mcp whose format it has', () => {
  const matches = matchTools(files('deadline', '2026-12-21 18:00:00'), toolsOf('time-mcp'));
  assert.deepEqual(
    matches.map((match) => responseOf(match, 'time')),
    [{ call: 'time.relative_time', with: { time: '=data.text' } }],
  );
});

test('code goes to the code runner with its language', () => {
  const match = best(files('js', "console.log('run me')"), 'mcp-server-code-runner');
  assert.ok(match);
  assert.deepEqual(responseOf(match, 'runner').with, { code: '=data.text', languageId: 'javascript' });
});

test('a commit is shown by a tool that only reads, in its repository', () => {
  const matches = matchTools(COMMIT, toolsOf('git-mcp-server'));
  assert.ok(matches.length > 0 && matches.every((match) => match.readOnly));
  assert.ok(matches[0]);
  assert.deepEqual(responseOf(matches[0], 'git'), {
    call: 'git.git_show',
    with: { object: '=data.sha', path: '=data.repo' },
  });
});

test('other notations find their tools of calc-mcp', () => {
  const found = (need: Need) => best(need, 'calc-mcp')?.tool;
  assert.equal(found(files('color', '#ff8800')), 'color');
  assert.equal(found(files('json', '{"a":1}')), 'format_validate');
  assert.equal(found(files('url', 'https://example.com/a?b=1')), 'url_parse');
  assert.equal(found(files('jwt', 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc')), 'jwt_decode');
  assert.equal(found(files('sum', '1+2*3')), 'math');
});

test('what a tool does not speak of, or cannot be filled for it, is no match', () => {
  assert.deepEqual(matchTools(files('cron', '3 9 * * 1-5'), toolsOf('time-mcp')), []);
  assert.deepEqual(matchTools(files('deadline', '2026-12-21 18:00:00'), toolsOf('calc-mcp')), []);
  assert.deepEqual(matchTools(files('unheard', 'Lorem ipsum dolor'), toolsOf('calc-mcp')), []);
  assert.deepEqual(matchTools({ type: 'host.load', samples: [{ used: 1.5, of: 4 }] }, toolsOf('calc-mcp')), []);
  assert.deepEqual(matchTools({ type: 'file.cron', samples: [] }, toolsOf('calc-mcp')), []);
});

test('the newline at the end of a file is not handed on with a value in a notation', () => {
  const match = best(files('cron', '3 9 * * 1-5\n'), 'calc-mcp');
  assert.ok(match);
  assert.deepEqual(responseOf(match, 'calc').with, { expression: '=data.text.trim()' });
  assert.deepEqual(argumentsOf(match, 0), { expression: '3 9 * * 1-5' });
});

test('a tool with a number takes a number out of a text, and hostile keys are quoted', () => {
  const inputSchema = {
    properties: { value: { type: 'number', description: 'number to round' } },
    required: ['value'],
  };
  const need = { type: 'sensor.number', samples: [{ 'the "value"': ' 4.25 ' }] };
  const [match] = matchTools(need, [{ name: 'round_number', description: 'Rounds a number', inputSchema }]);
  assert.ok(match);
  const { value } = responseOf(match, 'x').with;
  assert.equal(evaluate(String(value).slice(1), need.samples[0]), 4.25);
});

const schemas = fc.oneof(
  fc.record({
    type: fc.constant('object'),
    properties: fc.dictionary(
      fc.string(),
      fc.oneof(
        fc.anything(),
        fc.record({
          type: fc.constantFrom('string', 'number', 'integer', 'array', 'object', 'boolean'),
          description: fc.string(),
          enum: fc.oneof(fc.constant(undefined), fc.array(fc.string())),
          pattern: fc.oneof(fc.constant(undefined), fc.string()),
        }),
      ),
    ),
    required: fc.array(fc.string()),
  }),
  fc.dictionary(fc.string(), fc.anything()),
);
const texts = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('3 9 * * 1-5', '2026-12-21 18:00:00', '__proto__', '10.0.0.1', '{"a":1}', '=data.x'),
);
const needs = fc.record({
  type: fc.constantFrom('file.cron', 'a.b.c', 'constructor', 'file.js', 'x'),
  samples: fc.array(fc.oneof(fc.jsonValue(), fc.record({ text: texts, name: texts }), texts), { maxLength: 5 }),
});

test('anything that strangers send or declare is matched without throwing, and what comes out is a response', () => {
  fc.assert(
    fc.property(
      needs,
      fc.array(fc.record({ name: fc.string(), description: texts, inputSchema: schemas })),
      (need, tools) => {
        for (const match of matchTools(need, [...tools, ...toolsOf('calc-mcp')])) {
          CallResponse.shape.with.parse(responseOf(match, 'server').with);
          assert.ok(match.bindings.some(({ field }) => field !== undefined));
        }
      },
    ),
    { numRuns: 150 },
  );
});

test('the CEL of a match gives just the values that it is tried with', () => {
  const inputSchema = {
    properties: { text: { type: 'string', description: 'cron text' } },
    required: ['text'],
  };
  const tool = { name: 'cron', description: 'anything with cron', inputSchema };
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1 }), fc.string({ unit: 'binary' }), (text, key) => {
      const samples = [{ [key]: { text } }];
      for (const match of matchTools({ type: 'x.cron', samples }, [tool])) {
        const { cel } = match.bindings[0] ?? {};
        assert.equal(evaluate(String(cel).slice(1), samples[0]), argumentsOf(match, 0).text);
      }
    }),
    { numRuns: 200 },
  );
});
