import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { on } from '@vsmcp/service';
import { Acquisition, type Answer } from '@vsmcp/vsm';
import { consciousness } from '../../services/consciousness/src/index.js';
import { system1 } from '../../services/system1-operations/src/index.js';
import { system2 } from '../../services/system2-coordination/src/index.js';
import { system3 } from '../../services/system3-control/src/index.js';
import { system4 } from '../../services/system4-intelligence/src/index.js';
import { system5 } from '../../services/system5-policy/src/index.js';
import { type Fleet, openFleet } from '../support/fleet.js';

/** Different event types that nothing answers; VSMCP_TEST_TYPES=100000 for the figures in the README of the benches. */
const TYPES = Number(process.env.VSMCP_TEST_TYPES ?? 5000);
/** Events that are on their way at the same time, as with any publisher that heeds its confirms. */
const UNDER_WAY = 1000;

/** Milliseconds, sorted. */
class Times {
  readonly #all: number[] = [];
  async of<T>(task: () => Promise<T>): Promise<T> {
    const started = performance.now();
    const answer = await task();
    this.#all.push(performance.now() - started);
    return answer;
  }
  at(share: number): number {
    const sorted = [...this.#all].sort((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
  }
  toString(): string {
    return `p50 ${this.at(0.5).toFixed(0)} ms, p95 ${this.at(0.95).toFixed(0)} ms, most ${this.at(1).toFixed(0)} ms, n ${this.#all.length}`;
  }
}

const megabytes = () => Math.round(process.memoryUsage().rss / 2 ** 20);

describe(`${TYPES} event types that nothing answers`, () => {
  let fleet: Fleet;
  const told = new Set<string>();
  const settled = () => fleet.outcomes.length;

  async function known(n: number): Promise<void> {
    const id = await fleet.publish('file.ok', { n });
    await fleet.until(() => fleet.outcomes.some(({ event }) => event.id === id), { timeout: 30_000 });
  }

  before(async () => {
    fleet = await openFleet({
      services: [system1, system2, system3, system4, system5, consciousness],
      config: { registries: ['shipped'], units: { desk: { responses: { 'file.ok': 'noted' } } } },
    });
    await fleet.gateway.hear({ channel: 'intelligence', bind: ['s4.acquisition'] }, [
      on(Acquisition, async ({ data }) => void told.add(data.type)),
    ]);
    await fleet.until(async () => (await fleet.ask('status', {})).viable, { timeout: 60_000, what: 'viable' });
  });
  after(() => fleet.stop());

  it('all wait in the ledger, and meanwhile the fleet answers', async (t) => {
    const before = megabytes();
    const asking = new Times();
    const answering = new Times();
    const started = performance.now();
    let flooding = true;
    const meanwhile = async () => {
      for (let n = 0; flooding; n++) {
        await asking.of(() => fleet.ask('status', {}));
        await answering.of(() => known(n));
      }
    };
    const others = meanwhile();
    for (let n = 0; n < TYPES; n++) {
      await fleet.publish(`stray.kind-${n}`, { n });
      if (n % 100 === 0) await fleet.until(() => n - settled() < UNDER_WAY, { timeout: 60_000 });
    }
    await fleet.until(async () => (await fleet.ask('account', {})).outcomes.parked === TYPES, {
      timeout: 600_000,
      what: 'all are parked',
    });
    const took = (performance.now() - started) / 1000;
    flooding = false;
    await others;
    t.diagnostic(`${TYPES} types waited after ${took.toFixed(1)} s (${Math.round(TYPES / took)} a second)`);
    t.diagnostic(`memory of the whole process: ${before} MB before, ${megabytes()} MB after`);
    t.diagnostic(`status meanwhile: ${asking}`);
    t.diagnostic(`a known event meanwhile, from publishing to its outcome: ${answering}`);
  });

  it('afterwards it answers as before', async (t) => {
    const asking = new Times();
    const answering = new Times();
    for (let n = 0; n < 20; n++) {
      await asking.of(() => fleet.ask('status', {}));
      await answering.of(() => known(TYPES + n));
    }
    t.diagnostic(`status: ${asking}`);
    t.diagnostic(`a known event: ${answering}`);
    const waiting: Answer<'waiting'> = await fleet.ask('waiting', { limit: 10 }, { timeout: 30_000 });
    assert.deepEqual([waiting.types, waiting.events, waiting.waiting.length], [TYPES, TYPES, 10]);
  });

  it('System 4 keeps to a bounded number of them, and journals no more', async (t) => {
    const { acquisitions } = await fleet.ask('acquisitions', {});
    const entries = await fleet.state.journal.read({ system: 's4', limit: 1000 });
    t.diagnostic(`System 4 told of ${told.size} types in ${entries.length} journal entries`);
    assert.ok(acquisitions.length <= 500);
    assert.ok(told.size <= 100 && entries.length < 1000, `${told.size} types, ${entries.length} entries`);
  });

  it('a type that a server is for is found among them, though nothing sets it apart', async () => {
    await fleet.publish('stray.cron', { text: '3 9 * * 1-5' });
    await fleet.until(() => told.has('stray.cron'), { timeout: 120_000, what: 'stray.cron is taken up' });
  });
});
