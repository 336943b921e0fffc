import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Heard, noteOf, told } from '../../src/up/narrate.js';

const lineOf = (event: string, data: object, ms = 24_000): string | undefined => {
  const note = noteOf(Heard.parse({ event, data }));
  return note && told(ms, note);
};

const verdict = (more: object, stage = 'install') => ({
  proposal: 'p-1',
  stage,
  type: 'file.cron',
  waiting: 3,
  server: 'calc-mcp',
  tool: 'cron_parse',
  candidate: 'io.github.coo-quack/calc-mcp 2.1.1',
  verdict: 'allow',
  rule: 'acquire.allow',
  because: 'contained: no network',
  by: 'policy',
  epoch: 1,
  at: 0,
  ...more,
});

test('an acquisition is told when it is allowed, denied or asks', () => {
  assert.equal(lineOf('verdict', verdict({})), ' 24s cron_parse     calc-mcp 2.1.1 · allowed: contained: no network');
  assert.equal(lineOf('verdict', verdict({}, 'probe')), undefined);
  assert.equal(
    lineOf('verdict', verdict({ verdict: 'deny', rule: 'no-strangers-code' }, 'trial')),
    ' 24s file.cron      calc-mcp 2.1.1 · denied: no-strangers-code',
  );
  assert.equal(
    lineOf('verdict', verdict({ verdict: 'ask', because: 'it runs git' }, 'probe')),
    ' 24s file.cron      calc-mcp 2.1.1 asks: it runs git · npx vsmcp decisions approve p-1',
  );
  assert.equal(
    lineOf('verdict', verdict({ by: 'cli:ann' })),
    ' 24s cron_parse     calc-mcp 2.1.1 · allowed: by cli:ann',
  );
});

test('pain is told on its way up, with the command that acknowledges it', () => {
  const alert = {
    alert: 'silence:backups:file.ok',
    severity: 'pain',
    unit: 'backups',
    what: 'no file.ok for 10 s',
    since: 0,
  };
  const at = (level: string, more: object = {}) =>
    lineOf('alert', { ...alert, level, told: ['desk'], ...more }, 80_000);
  assert.equal(at('owner'), ' 80s backups        pain: no file.ok for 10 s · told desk');
  assert.match(at('system5') ?? '', /climbs to System 5.*npx vsmcp algedonic ack silence:backups:file\.ok$/);
  assert.match(at('acknowledged', { by: 'cli:ann' }) ?? '', /acknowledged by cli:ann/);
  assert.match(at('closed') ?? '', /over: no file\.ok/);
});

test('a loop is told when it is found, cooled and gone', () => {
  const loop = { resource: 'notice/welcome.md', units: ['tidy', 'pinboard'], before: 29.6, limit: 2 };
  assert.equal(
    lineOf('loop', { ...loop, state: 'found' }, 72_000),
    ' 72s tidy ↔ pinboard undo each other on notice/welcome.md, 30 turns a minute',
  );
  assert.match(lineOf('loop', { ...loop, state: 'damped' }) ?? '', /from 30 to at most 2 turns a minute/);
});

test('text from outside cannot steer the terminal', () => {
  const evil = lineOf('acquisition', {
    proposal: 'p',
    type: 'file.cron',
    step: 'failed',
    candidate: 'x',
    because: 'bad\u001b[2J\nnews',
  });
  assert.equal(evil, ' 24s file.cron      x failed: bad [2J news');
});

test('times stay short', () => {
  const note = { about: 'a', text: 'b' };
  assert.match(told(185_000, note), /^3m05s /);
  assert.match(told(7_500_000, note), /^2h05m /);
});
