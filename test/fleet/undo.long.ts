import assert from 'node:assert/strict';
import { watch } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { openMcpHost } from '@vsmcp/mcp';
import { openSystem1 } from '../../services/system1-operations/src/index.js';
import { system2 } from '../../services/system2-coordination/src/index.js';
import { system3 } from '../../services/system3-control/src/index.js';
import { system4 } from '../../services/system4-intelligence/src/index.js';
import { system5 } from '../../services/system5-policy/src/index.js';
import { CACHE } from '../support/cache.js';
import { openFleet } from '../support/fleet.js';

const MINUTE = 60_000;
const NOTICE = 'welcome.md';

interface Board {
  /** System 2 runs. */
  coordinated: boolean;
  /** The two responses claim the notice. */
  claims: boolean;
  /** The unit whose purpose System 5 puts first. */
  first?: string;
}

/**
 * The sample's board, where one unit takes an old notice down and another puts it back. Moves are counted by the
 * folder's own file system.
 */
async function board(t: TestContext, { coordinated, claims, first }: Board) {
  const home = join(tmpdir(), `vsmcp-undo-${process.pid}-${coordinated}-${claims}-${first}`);
  const folder = join(home, 'desk/board');
  for (const path of [folder, join(home, 'desk/archive')]) await mkdir(path, { recursive: true });
  await writeFile(join(folder, NOTICE), 'Welcome');
  let moves = 0;
  const eye = watch(folder, (change, name) => {
    if (change === 'rename' && name === NOTICE) moves += 1;
  });
  const s1 = openSystem1({ openHost: ({ log, clock }) => openMcpHost({ dataDir: CACHE, log, clock }) });
  const claim = claims ? { claims: '="notice/" + data.name' } : {};
  const move = (source: string, destination: string) => ({
    call: 'files.move_file',
    with: { source, destination },
    ...claim,
  });
  const fleet = await openFleet({
    home,
    // a busy machine must not cost the lease
    leadership: { ttl: 60_000, renew: 300, margin: 1000 },
    services: [...(coordinated ? [system2] : []), system5, system3, s1, system4],
    config: {
      environment: { senses: [{ folder: 'desk/board', as: 'notice', stale: '1s', keep: [NOTICE] }] },
      servers: { files: { npm: '@modelcontextprotocol/server-filesystem@2026.8.31', args: ['desk'], writes: 'desk' } },
      ...(first !== undefined && { policy: { first: [first] } }),
      units: {
        tidy: { responses: { 'notice.stale': move('=data.path', '="archive/" + data.name') } },
        pinboard: { responses: { 'notice.missing': move('="archive/" + data.name', '=data.path') } },
      },
    },
  });
  t.after(async () => {
    eye.close();
    await fleet.stop();
    await rm(home, { recursive: true, force: true });
  });
  return { fleet, moves: () => moves };
}

/** Time itself is what is measured here: moves in so many ms. */
const passed = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('two units that undo each other', () => {
  it('go on and on, twenty times a minute and more, where nobody coordinates them', { timeout: 120_000 }, async (t) => {
    const { fleet, moves } = await board(t, { coordinated: false, claims: false });
    await fleet.until(() => moves() > 0, { timeout: 60_000, what: 'a first move' });
    const before = moves();
    await passed(MINUTE / 2);
    const rate = 2 * (moves() - before);
    t.diagnostic(`${rate} moves a minute`);
    assert.ok(rate >= 20, `${rate} a minute`);
  });

  it('do nothing while the System 2 that they ask is away: a claim is a promise that nobody else can keep', async (t) => {
    const { fleet, moves } = await board(t, { coordinated: false, claims: true });
    await fleet.until(async () => (await fleet.ask('account', {})).received > 0, { timeout: 60_000, what: 'an event' });
    await passed(MINUTE / 4);
    assert.equal(moves(), 0);
    const { received, outcomes } = await fleet.ask('account', {});
    assert.deepEqual([received > 0, outcomes], [true, {}], 'it waits, and is not lost');
  });

  it('are held to three a minute by System 2', { timeout: 240_000 }, async (t) => {
    const { fleet, moves } = await board(t, { coordinated: true, claims: true });
    const loop = async () => (await fleet.ask('coordination', {})).loops.find(({ state }) => state === 'damped');
    const { before: rate } = await fleet.until(loop, { timeout: 120_000, what: 'System 2 damps them' });
    assert.ok(rate >= 20, `${rate} a minute before`);
    const before = moves();
    assert.ok(before >= 6, 'they had begun');
    await passed(MINUTE);
    t.diagnostic(`${rate.toFixed(1)} turns a minute before, ${moves() - before} moves in the minute after`);
    assert.ok(moves() - before <= 3, `${moves() - before} in a minute`);
  });

  it('end it when System 5 knows whose purpose comes first', { timeout: 120_000 }, async (t) => {
    const { fleet, moves } = await board(t, { coordinated: true, claims: true, first: 'pinboard' });
    const yielded = () => fleet.outcomes.find(({ unit, outcome }) => unit === 'tidy' && outcome === 'refused');
    const { reason } = await fleet.until(yielded, { timeout: 90_000, what: 'tidy yields' });
    assert.equal(
      reason,
      'the purpose of pinboard comes first on notice/welcome.md: policy.first has it before the others (policy)',
    );
    const before = moves();
    await passed(MINUTE / 4);
    assert.ok(moves() - before <= 1, `${moves() - before} more`);
    const { loops } = await fleet.ask('coordination', {});
    assert.equal(loops[0]?.first?.unit, 'pinboard');
  });
});
