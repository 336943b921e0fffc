import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import type { JournalEntry } from '@vsmcp/vsm';
import fc from 'fast-check';
import { until } from '../../../../test/support/until.js';
import {
  hashOf,
  type Journal,
  manualClock,
  openLeaderships,
  openLog,
  openState,
  verifyJournal,
} from '../../src/index.js';
import { GENESIS } from '../../src/journal/chain.js';
import { onEveryDatabase } from '../support/databases.js';

onEveryDatabase('the journal', (on) => {
  const clock = manualClock(1_000_000);
  let journal: Journal;
  let other: Journal;
  before(async () => {
    journal = (await openState(on.database, 'vsm', clock)).journal;
    other = (await openState(on.other, 'vsm', clock)).journal;
  });
  const all = async (system: string) => {
    const entries: JournalEntry[] = [];
    for await (const entry of journal.replay(system)) entries.push(entry);
    return entries;
  };

  test('is read newest first, replayed oldest first, across epochs', async () => {
    await journal.append({ system: 's5', epoch: 1, type: 'decided', cause: 'p\0-1', data: { b: 1, a: ['\0', 1e21] } });
    await clock.advance(10);
    await journal.append({ system: 's5', epoch: 2, type: 'decided', data: null });
    await journal.append({ system: 's5', epoch: 2, type: 'alert', data: undefined });
    const read = await journal.read({ system: 's5', limit: 10 });
    assert.deepEqual(
      read.map((e) => [e.epoch, e.seq, e.type]),
      [
        [2, 2, 'alert'],
        [2, 1, 'decided'],
        [1, 1, 'decided'],
      ],
    );
    assert.equal((await journal.read({ system: 's5', type: 'decided', since: clock.now(), limit: 10 })).length, 1);
    const replayed = await all('s5');
    assert.deepEqual(replayed, [...read].reverse());
    assert.equal(replayed[0]?.cause, 'p\0-1');
    assert.deepEqual(replayed[0]?.data, { b: 1, a: ['\0', 1e21] });
    assert.deepEqual(await verifyJournal(replayed), { ok: true, entries: 3 });
  });

  test('two writers of one chain make one chain', async () => {
    const appends = Array.from({ length: 40 }, (_, n) =>
      (n % 2 ? journal : other).append({ system: 'gateway', epoch: 0, type: 'asked', data: n }),
    );
    await Promise.all(appends);
    const entries = await all('gateway');
    assert.equal(entries.length, 40);
    assert.deepEqual(await verifyJournal(entries), { ok: true, entries: 40 });
  });

  test('refuses a deposed leader, and only it', async () => {
    const leaderships = openLeaderships(on.database, { holder: 'a', clock, log: openLog('silent') });
    const leading = leaderships.campaign('s3', async () => async () => {});
    await until(() => leading.leading);
    const old = { system: 's3', epoch: 0, type: 'commanded', data: {} };
    const settled = await Promise.allSettled([old, { ...old, epoch: 1 }].map((entry) => journal.append(entry)));
    assert.deepEqual(
      settled.map((s) => s.status),
      ['rejected', 'fulfilled'],
    );
    await assert.rejects(journal.append(old), { code: 'VSM_EPOCH' });
    await leaderships.stop();
  });
});

describe('verifying a journal', () => {
  const chain = (data: readonly unknown[]): JournalEntry[] => {
    let before = GENESIS;
    return data.map((d, i) => {
      const entry = { system: 's5', epoch: 1, seq: i + 1, type: 't', at: i, cause: null, data: d };
      before = hashOf(before, entry);
      return { ...entry, hash: before };
    });
  };

  test('finds whatever was changed, taken out or swapped', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.jsonValue(), { minLength: 3, maxLength: 8 }), fc.nat(), async (data, n) => {
        const sound = chain(data);
        assert.equal((await verifyJournal(sound)).ok, true);
        const i = n % sound.length;
        const changed = sound.map((entry, k) => (k === i ? { ...entry, data: { changed: entry.data } } : entry));
        const found = await verifyJournal(changed);
        assert.ok(!found.ok && found.at.seq === i + 1);
        const cut = sound.filter((_, k) => k !== i);
        assert.equal((await verifyJournal(cut)).ok, i === sound.length - 1);
      }),
      { numRuns: 50 },
    );
  });

  test('the hash of an entry stays what journals of earlier versions hold', () => {
    const entry = { system: 's5', epoch: 3, seq: 1, type: 'policy.decided', at: 1_700_000_000_000, cause: null };
    const data = {
      b: [{ z: 1, a: 'ü\u2028' }, null],
      a: { 10: 'ten', 9: 'nine', B: true, b: 1.5e21 },
      gone: undefined,
    };
    assert.equal(
      hashOf(GENESIS, { ...entry, data }),
      'a9d3648028df882ac81cb33e6f3a897bdfd53a5ee624f00eb235239ffc33a26a',
    );
  });
});
