import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openRegistry } from '@vsmcp/mcp';
import { manualClock, openLog } from '@vsmcp/service';
import { rankCandidates, searchCandidates, serverName } from '../../src/matching/candidates.js';
import type { Need } from '../../src/matching/query.js';
import { COMMIT, candidate, files } from './needs.js';

const registry = openRegistry(fileURLToPath(new URL('../../registry.json', import.meta.url)), {
  dataDir: tmpdir(),
  ttl: 0,
  clock: manualClock(0),
  log: openLog('silent'),
});
const shipped = await registry.candidates();
const none = () => [];
const ranked = (need: Need) => rankCandidates(need, shipped, () => undefined).map(({ candidate: { name } }) => name);

test('the shipped registry holds servers that can be started, with what they need', () => {
  assert.ok(shipped.length >= 15);
  assert.deepEqual(shipped.find(({ name }) => name.endsWith('git-mcp-server'))?.spec.grants.runs, ['git']);
});

test('the registry is ranked by what waits', () => {
  assert.equal(ranked(files('cron', '3 9 * * 1-5'))[0], 'io.github.coo-quack/calc-mcp');
  assert.equal(ranked(files('deadline', '2026-12-21 18:00:00'))[0], 'io.github.yokingma/time-mcp');
  assert.equal(ranked(files('js', "console.log('run me')"))[0], 'io.github.formulahendry/code-runner');
  assert.equal(ranked(COMMIT)[0], 'io.github.cyanheads/git-mcp-server');
  assert.deepEqual(ranked(files('unheard', 'Lorem ipsum dolor')), []);
});

test('what a probe showed counts more than words: what fits is first, what does not is left out', () => {
  const plain = candidate('io.github.some/helper', 'Things for every day');
  const boastful = candidate('io.github.some/cron-mcp', 'Cron, cron and cron');
  const unknown = candidate('io.github.some/dates', 'Date and schedule');
  const found = rankCandidates(files('cron', '3 9 * * 1-5'), [boastful, unknown, plain], (one) =>
    one === unknown ? undefined : one === plain,
  );
  assert.deepEqual(
    found.map(({ candidate: { name } }) => name),
    [plain.name, unknown.name],
  );
});

test('a search finds by text; without one it lists all', () => {
  assert.equal(searchCandidates('weather forecast', shipped, none)[0]?.name, 'io.github.dgahagan/weather-mcp');
  assert.equal(searchCandidates(' ', shipped, none).length, shipped.length);
});

test('server names are short, legal and unique', () => {
  assert.equal(serverName('io.github.coo-quack/calc-mcp', new Set()), 'calc');
  assert.equal(serverName('io.github.coo-quack/calc-mcp', new Set(['calc'])), 'calc-2');
  assert.equal(serverName('io.github.x/mcp-server', new Set()), 'mcp-server');
  const names = new Set<string>();
  for (const { name } of shipped) names.add(serverName(name, names));
  assert.equal(names.size, shipped.length);
  for (const name of names) assert.match(name, /^[a-z0-9_-]+$/);
});
