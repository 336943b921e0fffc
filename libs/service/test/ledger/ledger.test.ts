import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { CloudEvent } from '@vsmcp/vsm';
import { type Ledger, type ManualClock, manualClock, openState } from '../../src/index.js';
import { onEveryDatabase } from '../support/databases.js';

onEveryDatabase('the ledger', (on) => {
  const clock: ManualClock = manualClock(1_000_000);
  let ledger: Ledger;
  let other: Ledger;
  before(async () => {
    ledger = (await openState(on.database, 'vsm', clock)).ledger;
    other = (await openState(on.other, 'vsm', clock)).ledger;
  });

  let count = 0;
  const fresh = (unit = 'desk') => ({ source: '/test', id: `event-${count++}`, unit });
  const claim = (key: ReturnType<typeof fresh>, type = 'file.md', life = 1000) => ({
    ...key,
    type,
    holder: 'a',
    deadline: clock.now() + life,
  });
  const event = (key: { source: string; id: string }, type: string, data: unknown = {}): CloudEvent => ({
    specversion: '1.0',
    source: key.source,
    id: key.id,
    type,
    data,
  });
  const park = async (type: string, data: unknown = {}, by = ledger, guard?: string) => {
    const key = fresh('');
    await by.claim(claim(key, type));
    const held = {
      outcome: 'parked',
      cause: 'unanswered',
      because: 'nothing answers it',
      ...(guard && { guard }),
    } as const;
    assert.ok(await by.settle({ ...key, attempt: 1, record: {}, event: event(key, type, data), ...held }));
    return key;
  };

  test('a claim is fresh once, then taken until its deadline, then again', async () => {
    const key = fresh();
    assert.deepEqual(await ledger.claim(claim(key)), { state: 'fresh', attempt: 1 });
    assert.deepEqual(await other.claim(claim(key)), { state: 'taken', deadline: clock.now() + 1000 });
    await clock.advance(1000);
    assert.deepEqual(await other.claim(claim(key)), { state: 'again', attempt: 2 });
    assert.equal(await ledger.settle({ ...key, attempt: 1, outcome: 'answered', record: 'late' }), false);
    assert.equal(await other.settle({ ...key, attempt: 2, outcome: 'answered', record: { n: 1 } }), true);
    assert.deepEqual(await ledger.claim(claim(key)), { state: 'settled', outcome: 'answered', record: { n: 1 } });
  });

  test('what nobody saw before is settled with one write; what somebody did see is left as it is', async () => {
    const [key, seen] = [fresh(), fresh()];
    await ledger.claim(claim(seen));
    const settled = { type: 'file.md', holder: 'a', outcome: 'noted', record: { n: 1 } } as const;
    const both = [key, seen, key].map((each) => ledger.settleNew({ ...each, ...settled }));
    assert.deepEqual(await Promise.all(both), [true, false, false]);
    assert.deepEqual(await other.claim(claim(key)), { state: 'settled', outcome: 'noted', record: { n: 1 } });
    assert.equal((await other.claim(claim(seen))).state, 'taken');
    assert.deepEqual([await ledger.isSettled(key), await ledger.isSettled(seen)], [true, false]);
    const parked = fresh('');
    const wait = { type: 'file.new', holder: 'a', outcome: 'parked', cause: 'unanswered', because: 'nothing' } as const;
    assert.ok(await ledger.settleNew({ ...parked, ...wait, record: {}, event: event(parked, 'file.new') }));
    const back = await ledger.reclaim({ reason: 'parked', types: ['file.new'] }, 'b', clock.now() + 1000, 10);
    assert.deepEqual(
      back.map(({ attempt }) => attempt),
      [2],
    );
    assert.ok(await ledger.settle({ ...parked, attempt: 2, outcome: 'noted', record: {} }));
  });

  test('the intent to call outlives its holder, and every holder after', async () => {
    const key = fresh();
    await ledger.claim(claim(key));
    assert.equal(await ledger.intend(key, 1, clock.now() + 5000), true);
    await clock.advance(1000);
    assert.equal((await other.claim(claim(key))).state, 'taken');
    await clock.advance(4000);
    assert.deepEqual(await other.claim(claim(key)), { state: 'called', attempt: 2 });
    assert.equal(await ledger.intend(key, 1, clock.now() + 5000), false);
    await clock.advance(1000);
    assert.deepEqual(await ledger.claim(claim(key)), { state: 'called', attempt: 3 });
  });

  test('what is given back is had again at once', async () => {
    const key = fresh();
    await ledger.claim(claim(key));
    await ledger.release(key, 1);
    assert.deepEqual(await other.claim(claim(key)), { state: 'again', attempt: 2 });
    await ledger.release(key, 1);
    assert.equal((await ledger.claim(claim(key))).state, 'taken');
  });

  test('an event is one row whatever unit it is meant for', async () => {
    const key = await park('kind.moved');
    assert.equal((await ledger.claim(claim({ ...key, unit: 'desk' }, 'kind.moved'))).state, 'settled');
  });

  test('a key twice in one batch is fresh once', async () => {
    const key = fresh();
    const claims = await Promise.all([1, 2, 3].map(() => ledger.claim(claim(key))));
    assert.deepEqual(claims.map((c) => c.state).sort(), ['fresh', 'taken', 'taken']);
    const settled = await Promise.all(
      ['first', 'second'].map((record) => ledger.settle({ ...key, attempt: 1, outcome: 'answered', record })),
    );
    assert.deepEqual(settled, [true, false]);
    assert.deepEqual(await ledger.claim(claim(key)), { state: 'settled', outcome: 'answered', record: 'first' });
  });

  test('of two holders that claim the same events at once each event has one', async () => {
    const keys = Array.from({ length: 300 }, () => fresh());
    const [a, b] = await Promise.all(
      [ledger, other].map((l, i) => {
        const mine = i === 0 ? keys : [...keys].reverse();
        return Promise.all(
          mine.map(async (key) => ((await l.claim(claim(key))).state === 'fresh' ? key.id : undefined)),
        );
      }),
    );
    const won = [...(a ?? []), ...(b ?? [])].filter((id) => id !== undefined);
    assert.equal(won.length, keys.length);
    assert.deepEqual(new Set(won), new Set(keys.map((key) => key.id)));
  });

  test('parked events are claimed back oldest first, each by one holder', async () => {
    const keys = [];
    for (let n = 0; n < 20; n++) keys.push(await park('kind.back', { n }));
    const filter = { reason: 'parked', types: ['kind.back'] } as const;
    const first = await ledger.reclaim(filter, 'a', clock.now() + 1000, 5);
    assert.deepEqual(
      first.map((r) => r.event.data),
      [0, 1, 2, 3, 4].map((n) => ({ n })),
    );
    assert.deepEqual(
      { ...first[0], event: undefined },
      {
        ...keys[0],
        type: 'kind.back',
        attempt: 2,
        attempts: 1,
        called: false,
        event: undefined,
      },
    );
    const both = await Promise.all([
      ledger.reclaim(filter, 'a', clock.now() + 1000, 10),
      other.reclaim(filter, 'b', clock.now() + 1000, 10),
    ]);
    const rest = both.flat();
    assert.equal(rest.length, 15);
    assert.equal(new Set([...first, ...rest].map((r) => r.id)).size, 20);
    for (const r of [...first, ...rest]) {
      assert.ok(await ledger.settle({ ...r, outcome: 'answered', record: {} }));
    }
  });

  test('a claimed-back event that is given back waits as before, with its event', async () => {
    const key = await park('kind.patient', { n: 7 });
    const filter = { reason: 'parked', types: ['kind.patient'] } as const;
    await ledger.reclaim(filter, 'a', clock.now() + 1000, 1);
    assert.equal((await ledger.held({ type: 'kind.patient', limit: 10 })).total, 0);
    await ledger.release(key, 2);
    const { held } = await ledger.held({ type: 'kind.patient', limit: 10 });
    assert.deepEqual(held[0]?.event, event(key, 'kind.patient', { n: 7 }));
    assert.equal(held[0]?.because, 'nothing answers it');
    assert.equal((await ledger.reclaim(filter, 'a', clock.now() + 1000, 1))[0]?.attempt, 3);
  });

  test('a claimed-back event whose holder vanished is taken over, and it is told whether it was called', async () => {
    const a = await park('kind.lost');
    const b = await park('kind.lost');
    await ledger.reclaim({ reason: 'parked', types: ['kind.lost'] }, 'gone', clock.now() + 1000, 2);
    await ledger.intend(b, 2, clock.now() + 1000);
    assert.deepEqual(await other.abandoned('b', clock.now(), clock.now() + 1000, 10), []);
    await clock.advance(1000);
    const over = await other.abandoned('b', clock.now(), clock.now() + 1000, 10);
    const mine = over.filter((r) => r.type === 'kind.lost');
    assert.deepEqual(
      mine.map((r) => [r.id, r.called, r.attempt]),
      [
        [a.id, false, 3],
        [b.id, true, 3],
      ],
    );
  });

  test('what could not be read is held with what it was, and is not claimed back', async () => {
    const key = fresh('');
    await ledger.claim(claim(key, 'kind.raw'));
    const raw = { raw: 'not json', bytes: 8, sha256: 'x', headers: {} };
    await ledger.settle({ ...key, attempt: 1, outcome: 'dead', because: 'no JSON', record: {}, event: raw });
    const { held, total } = await ledger.held({ reason: 'dead', type: 'kind.raw', limit: 10 });
    assert.equal(total, 1);
    assert.deepEqual(held[0]?.event, raw);
    assert.deepEqual(await ledger.reclaim({ reason: 'dead', types: ['kind.raw'] }, 'a', clock.now() + 1000, 10), []);
  });

  test('held events are let go with the reason, the oldest first', async () => {
    const keys = [await park('kind.stale'), await park('kind.stale'), await park('kind.stale')];
    const gone = await ledger.dismiss({ type: 'kind.stale', limit: 2 }, 'discarded', 'too old');
    assert.deepEqual(
      gone,
      keys.slice(0, 2).map((key) => ({ ...key, type: 'kind.stale', attempt: 1 })),
    );
    const again = await ledger.claim(claim(keys[0] ?? fresh(), 'kind.stale'));
    assert.equal(again.state === 'settled' && again.outcome, 'discarded');
    assert.equal((await ledger.held({ type: 'kind.stale', limit: 10 })).total, 1);
  });

  test('what waits is counted by type, with the newest samples first', async () => {
    for (let n = 0; n < 3; n++) await park('kind.waits', { n });
    const { types, events, waiting } = await ledger.waiting(1000, 2);
    const kind = waiting.find((w) => w.type === 'kind.waits');
    assert.deepEqual(kind, {
      type: 'kind.waits',
      unit: '',
      events: 3,
      since: clock.now(),
      cause: 'unanswered',
      because: 'nothing answers it',
      samples: [{ n: 2 }, { n: 1 }],
    });
    assert.equal(
      events,
      waiting.reduce((sum, w) => sum + w.events, 0),
    );
    assert.equal(types, new Set(waiting.map((w) => w.type)).size);
    assert.equal((await ledger.waiting(1, 2)).waiting.length, 1);
  });

  test('what waits is asked for by type, and in the order of types, however many there are', async () => {
    const kinds = Array.from({ length: 1500 }, (_, n) => `many.k${String(n).padStart(4, '0')}`);
    await Promise.all(kinds.map((kind) => park(kind)));
    await park('many.k0999');
    const some = await ledger.waiting(10, 1, { types: ['many.k0999', 'many.k0001', 'many.none'] });
    assert.deepEqual(
      some.waiting.map(({ type, events }) => [type, events]),
      [
        ['many.k0001', 1],
        ['many.k0999', 2],
      ],
    );
    assert.deepEqual([some.types, some.events], [2, 3]);
    const next = await ledger.waiting(2, 0, { after: 'many.k0998' });
    assert.deepEqual(
      next.waiting.map(({ type }) => type),
      ['many.k0999', 'many.k1000'],
    );
    const seen: string[] = [];
    for await (const slice of ledger.kinds()) for (const { type } of slice) seen.push(type);
    assert.deepEqual(
      seen.filter((type) => type.startsWith('many.')),
      kinds,
    );
    const { types, waiting } = await ledger.waiting(1000, 0);
    assert.equal(types, new Set(seen).size);
    assert.ok(
      waiting.some(({ type, events }) => type === 'many.k0999' && events === 2),
      'the most frequent first',
    );
  });

  test('events that the present guard parked are left where they are; others, and those of older releases, are claimed back', async () => {
    const present = await park('kind.guarded', {}, ledger, 'hash-b');
    const another = await park('kind.guarded', {}, ledger, 'hash-a');
    const older = await park('kind.guarded', {}, ledger);
    const key = fresh('');
    const held = { outcome: 'parked', cause: 'guard', guard: 'hash-b', because: 'too vague', record: {} } as const;
    const at = { type: 'kind.guarded', holder: 'a', event: event(key, 'kind.guarded') };
    await ledger.settleNew({ ...key, ...at, ...held });
    const which = { reason: 'parked', types: ['kind.guarded'], guard: 'hash-b' } as const;
    const back = async () => (await ledger.reclaim(which, 'a', clock.now() + 1000, 10)).map(({ id }) => id);
    assert.deepEqual(await back(), [another.id, older.id]);
    assert.ok(await ledger.settle({ ...older, ...held, attempt: 2, event: event(older, 'kind.guarded') }));
    assert.deepEqual(await back(), [], 'parked again it has the hash');
    const { guard: _, ...any } = which;
    const all = (await ledger.reclaim(any, 'a', clock.now() + 1000, 10)).map(({ id }) => id);
    assert.deepEqual(all.sort(), [present.id, older.id, key.id].sort());
  });

  test('a kind tells the guard that parked all its events; none when there were several, or one of an older release', async () => {
    const parkBy = async (type: string, guard?: string) => {
      const key = fresh('');
      const at = { type, holder: 'a', event: event(key, type), record: {} };
      const held = { outcome: 'parked', cause: 'guard', because: 'too vague', ...(guard && { guard }) } as const;
      assert.ok(await ledger.settleNew({ ...key, ...at, ...held }));
    };
    const parked = { one: ['hash-a', 'hash-a'], several: ['hash-a', 'hash-b'], older: ['hash-a', undefined] };
    for (const [name, guards] of Object.entries(parked)) {
      for (const guard of guards) await parkBy(`guards.${name}`, guard);
    }
    await park('guards.one');
    const found: string[] = [];
    for await (const slice of ledger.kinds()) {
      for (const { type, cause, guard } of slice) {
        if (type.startsWith('guards.')) found.push(`${type} ${cause} ${guard}`);
      }
    }
    assert.deepEqual(found.sort(), [
      'guards.older guard null',
      'guards.one guard hash-a',
      'guards.one unanswered null',
      'guards.several guard null',
    ]);
  });

  test('the account balances, also when what is settled was forgotten', async () => {
    const before = await ledger.account();
    const running = fresh();
    await ledger.claim(claim(running));
    const noted = fresh();
    await ledger.claim(claim(noted));
    await ledger.settle({ ...noted, attempt: 1, outcome: 'noted', record: {} });
    const after = await ledger.account();
    assert.equal(after.received, before.received + 2);
    assert.equal(after.outcomes.noted ?? 0, (before.outcomes.noted ?? 0) + 1);
    const held = (await ledger.held({ limit: 1000 })).total;
    await clock.advance(1);
    assert.ok((await ledger.forget(clock.now())) > 0);
    assert.deepEqual(await ledger.account(), after);
    assert.equal((await ledger.held({ limit: 1000 })).total, held);
    assert.equal((await ledger.claim(claim(noted))).state, 'fresh');
  });

  test('hostile ids and texts are taken as they are', async () => {
    const names = [
      '\0',
      '\uE000',
      '\uE0000000',
      '\ud800',
      '"\'\\',
      '$1',
      'é',
      '-- x',
      'ü'.repeat(512),
      '💥'.repeat(256),
    ];
    const keys = names.map((id) => ({ source: `/evil${id}`, id, unit: '' }));
    const claims = await Promise.all(keys.map((key) => ledger.claim(claim(key, 'kind.evil'))));
    assert.deepEqual(new Set(claims.map((c) => c.state)), new Set(['fresh']));
    for (const key of keys) {
      const because = `because ${key.id}`;
      const data = { text: key.id };
      await ledger.settle({
        ...key,
        attempt: 1,
        outcome: 'parked',
        because,
        record: data,
        event: { ...event({ source: '/evil', id: 'evil' }, 'kind.evil', data) },
      });
      const again = await ledger.claim(claim(key, 'kind.evil'));
      assert.deepEqual(again.state === 'settled' && again.record, data);
    }
    const { held } = await ledger.held({ type: 'kind.evil', limit: 100 });
    assert.deepEqual(
      held.map((h) => [h.source, h.id, h.because]),
      keys.map((key) => [key.source, key.id, `because ${key.id}`]),
    );
    assert.deepEqual(
      held.map((h) => h.event),
      keys.map((key) => event({ source: '/evil', id: 'evil' }, 'kind.evil', { text: key.id })),
    );
    await ledger.dismiss({ type: 'kind.evil', limit: 100 }, 'refused', 'evil');
  });

  test('an outcome behind which no message stands is kept as unsaid until it was said', async () => {
    const key = fresh();
    await ledger.claim(claim(key));
    const record = { n: 7 };
    await ledger.settle({ ...key, attempt: 1, outcome: 'answered', record, unsaid: true });
    const parked = await park('kind.unsaid');
    await ledger.dismiss({ type: 'kind.unsaid', limit: 1 }, 'refused', 'no');
    const mine = async (before = clock.now() + 1) =>
      (await other.unsaid(before, 1000)).filter(({ id }) => [key.id, parked.id].includes(id));
    assert.deepEqual(await mine(clock.now()), [], 'not yet: its writer may be saying it');
    const [first, second] = await mine();
    assert.deepEqual(first, { ...key, attempt: 1, record });
    assert.equal(second?.id, parked.id);
    await ledger.said(key, 2);
    assert.equal((await mine()).length, 2, 'of another attempt');
    await ledger.said(key, 1);
    await ledger.said(parked, 1);
    assert.deepEqual(await mine(), []);
  });

  test('only what waits for the given causes, since before the given instant, is claimed back', async () => {
    await park('kind.causes');
    const guarded = fresh('');
    await ledger.claim(claim(guarded, 'kind.causes'));
    const held = { outcome: 'parked', cause: 'guard', because: 'too vague' } as const;
    await ledger.settle({ ...guarded, attempt: 1, record: {}, event: event(guarded, 'kind.causes'), ...held });
    const back = (more: object) =>
      ledger.reclaim({ reason: 'parked', types: ['kind.causes'], ...more }, 'a', clock.now() + 1000, 10);
    assert.deepEqual(await back({ before: clock.now() }), []);
    assert.deepEqual(
      (await back({ causes: ['guard'], before: clock.now() + 1 })).map((row) => row.id),
      [guarded.id],
    );
    assert.equal((await back({ causes: ['unanswered', 'wanted'] })).length, 1);
  });
});
