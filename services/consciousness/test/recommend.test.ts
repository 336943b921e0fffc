import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Acquisition, type DataOf, type Verdict } from '@vsmcp/vsm';
import type { Fact, Model } from '../src/model.js';
import { recommend } from '../src/recommend.js';
import { account, allPresent, given, load, NOW, waiting, waits } from './support.js';

const advice = (model: Model): string =>
  recommend(model, 1000, NOW)
    .map(({ system, recommendation }) => `${system}: ${recommendation}`)
    .join('\n');
const step = (name: DataOf<typeof Acquisition>['step'], more: Partial<DataOf<typeof Acquisition>> = {}): Fact => ({
  fact: 'acquisition',
  data: Acquisition.data.parse({ proposal: 'p1', type: 'file.cron', step: name, because: 'as it is', ...more }),
});
const cron = waiting(waits('file.cron', 3));

function asks(): Fact {
  const spec = {
    npm: 'git-mcp@2.15.3',
    args: [],
    env: {},
    grants: { reads: [], writes: [], runs: [], network: false, hosts: [] },
    parallel: false,
  };
  const data: DataOf<typeof Verdict> = {
    proposal: {
      proposal: 'p7',
      stage: 'probe',
      type: 'file.cron',
      waiting: 3,
      candidate: { name: 'io.github.x/git', description: '', version: '2.15.3', registry: 'shipped', spec },
      server: 'git',
      grants: spec.grants,
      arguments: [],
      calls: [],
      because: '3 wait',
    },
    verdict: 'ask',
    rule: 'acquire',
    because: 'it runs git',
    by: 'policy',
    epoch: 1,
  };
  return { fact: 'verdict', data };
}

test('nothing missing, nothing recommended', () => {
  assert.equal(advice(given(...allPresent, waiting(), account({ answered: 3 }))), '');
});

test('a candidate that is asked about: approve or deny it, by the command that does it', () => {
  const text = advice(given(...allPresent, cron, step('asking'), asks()));
  assert.match(
    text,
    /^s5: approve or deny io.github.x\/git 2.15.3 as git for file.cron \(it runs git\): vsmcp decisions approve p7/,
  );
});

test('nothing found: a registry or a response of the unit; refused: the rule; under way: which step', () => {
  assert.match(
    advice(given(...allPresent, cron, step('nothing-found'))),
    /add a registry under registries, or a response for file.cron in units.desk.responses/,
  );
  const refused = step('refused', { candidate: 'io.github.y/run', version: '0.1.8', rule: 'no-strangers-code' });
  assert.match(
    advice(given(...allPresent, cron, refused)),
    /io.github.y\/run 0.1.8 was refused by rule no-strangers-code/,
  );
  assert.match(
    advice(given(...allPresent, cron, step('installing', { candidate: 'calc-mcp' }))),
    /acquisition of calc-mcp is under way: installing/,
  );
});

test('failed because nobody was admitted: the policy setting; failed otherwise: a registry or a response', () => {
  const notAdmitted = step('failed', { rule: 'acquire.from', because: 'in none of the namespaces' });
  assert.match(
    advice(given(...allPresent, cron, notAdmitted)),
    /^s5: change policy.acquire.from so that a server for file.cron is admitted/,
  );
  assert.match(advice(given(...allPresent, cron, step('rolled-back'))), /^s4: add another registry .* rolled-back/);
});

test('an acquisition under way comes before an older one that failed', () => {
  const facts = [step('failed'), step('trying', { proposal: 'p2', candidate: 'time-mcp' })];
  assert.match(
    advice(given(...allPresent, cron, ...facts, step('failed', { proposal: 'p3' }))),
    /time-mcp is under way: trying/,
  );
});

test('a guard that does not hold, a server that is not there', () => {
  const guard = waiting(waits('file.deadline', 1, { cause: 'guard', because: 'data.text matches no date' }));
  assert.match(
    advice(given(...allPresent, guard)),
    /the guard of unit desk does not hold \(data.text matches no date\)/,
  );
  const failed: Fact = {
    fact: 'capability',
    data: { instance: 's1-a', server: 'memory', state: 'failed', reason: 'exit 1', tools: [] },
  };
  const gone = waiting(waits('file.md', 2, { cause: 'unavailable', because: 'it is not ready', server: 'memory' }));
  assert.match(
    advice(given(...allPresent, failed, gone)),
    /server memory is failed \(exit 1\): mend it under servers.memory/,
  );
});

test('what failed, may have happened, was shed; a system that is missing', () => {
  const text = advice(given(account({ dead: 2, doubt: 1 }), load({ 'a.b': { shed: 5 } })));
  assert.match(text, /s1: 2 events failed for good: vsmcp held list --reason dead/);
  assert.match(text, /s1: 1 event may have been done/);
  assert.match(text, /s3: 5 events were let go under overload: raise settings.max_concurrent_operations \(now 1000\)/);
  assert.match(text, /s4: start System 4 intelligence/);
});
