import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Answer } from '@vsmcp/vsm';
import type { Fleet } from '../support/fleet.js';
import { openLevels, overhear } from '../support/levels.js';
import { until } from '../support/until.js';

const EVERYTHING = { npm: '@modelcontextprotocol/server-everything@2026.8.31', parallel: true };
const climb = '1s';

const TOP = {
  path: 'vsm',
  name: 'top',
  units: {
    west: { system: './west.yaml', absorbs: 'shop.#', wait: '2s' },
    own: { responses: { 'top.own': 'noted' as const } },
  },
  pain: { climb },
};
const WEST = {
  path: 'vsm.west',
  name: 'west',
  units: {
    north: { system: './north.yaml', absorbs: 'shop.north.#' },
    counter: { responses: { 'shop.counter': 'noted' as const } },
  },
  pain: { climb },
};
const NORTH = {
  path: 'vsm.west.north',
  name: 'north',
  servers: { every: EVERYTHING },
  units: {
    till: {
      absorbs: 'shop.north.#',
      silence: { 'shop.north.beat': '4s' },
      responses: {
        'shop.north.sale': { call: 'every.echo', with: { message: '="sold " + string(data.n)' } },
        'shop.north.bad': { call: 'every.echo', with: { message: '=data.nothing' } },
        'shop.north.beat': 'noted' as const,
      },
    },
  },
  pain: { climb },
};

const outcomesOf = (fleet: Fleet, id: string) => fleet.outcomes.filter(({ event }) => event.id === id);
const fate = (fleet: Fleet, id: string, outcome: string) =>
  until(() => outcomesOf(fleet, id).find((said) => said.outcome === outcome), {
    timeout: 20_000,
    what: `${outcome} for ${id}`,
  });
const alertOf = async (fleet: Fleet, name: string) => {
  const { alerts } = await fleet.ask('alerts', {});
  return alerts.find(({ alert }) => alert === name);
};

describe('three levels of fleets', () => {
  it('operations descend, outcomes return, reports and pain rise, nothing else crosses', {
    timeout: 120_000,
  }, async (t) => {
    const { broker, fleets } = await openLevels(t, [TOP, WEST, NORTH]);
    const [top, west, north] = fleets as [Fleet, Fleet, Fleet];
    const saidTop = overhear(broker, 'vsm');
    const saidWest = overhear(broker, 'vsm.west');
    const saidNorth = overhear(broker, 'vsm.west.north');

    // pain: each System 5 has its time, then it climbs one level
    const since = (name: string, fleet: Fleet) =>
      until(
        async () => {
          const alert = await alertOf(fleet, name);
          return alert?.level === 'system5' ? alert.since : undefined;
        },
        { timeout: 30_000, what: `${name} stands` },
      );
    const climbs = Promise.all([
      since('silence:till:shop.north.beat', north),
      since('north/silence:till:shop.north.beat', west),
      since('west/north/silence:till:shop.north.beat', top),
    ]);

    // down two levels, answered there by a real tool, and up again under the same id
    const sale = await top.publish('shop.north.sale', { n: 7 });
    const sold = await fate(top, sale, 'answered');
    assert.deepEqual([sold.unit, sold.below, sold.tool], ['west', 'vsm.west', 'every.echo']);
    assert.match(JSON.stringify(sold.result), /sold 7/);
    assert.deepEqual([outcomesOf(west, sale)[0]?.unit, outcomesOf(north, sale)[0]?.unit], ['north', 'till']);
    const counter = await fate(top, await top.publish('shop.counter', {}), 'noted');
    assert.equal(counter.below, 'vsm.west');
    const bad = await fate(top, await top.publish('shop.north.bad', {}), 'dead');
    assert.match(bad.reason ?? '', /^vsm\.west: vsm\.west\.north: /);

    // an event that comes twice is done once
    await top.publish('shop.north.sale', { n: 7 }, { id: sale });
    await until(() => outcomesOf(top, sale).length === 2, { what: 'the outcome is said again' });
    assert.equal(saidNorth.filter(({ channel, text }) => channel === 'environment' && text.includes(sale)).length, 1);

    // many at once: each is called until its outcome is there, and none is lost
    const ids = await Promise.all(Array.from({ length: 200 }, (_, n) => top.publish('shop.north.sale', { n })));
    await until(() => ids.every((id) => outcomesOf(top, id).length > 0), { timeout: 30_000, what: '200 outcomes' });
    for (const id of ids)
      assert.deepEqual(
        outcomesOf(top, id).map(({ outcome }) => outcome),
        ['answered'],
      );

    // what waits below waits here, but is no gap of this fleet, until its time is over
    const wish = await top.publish('shop.north.wish', {});
    const parked = await fate(top, wish, 'parked');
    assert.deepEqual([parked.cause, parked.below], ['below', 'vsm.west']);
    assert.match(parked.reason ?? '', /^waits in vsm\.west: waits in vsm\.west\.north: unit till has no response/);
    const late = await until(() => alertOf(top, 'waits:west'), { timeout: 20_000, what: 'it waits too long' });
    assert.match(late.what, /1 event waits in vsm\.west for longer than 2 s/);
    assert.equal((await top.ask('acquisitions', {})).acquisitions.length, 0, 'the top does not look for a tool');
    // whoever is below lets it go: so it is here
    await north.ask('settle', { how: 'discard', filter: { type: 'shop.north.wish' }, because: 'not ours', by: 'test' });
    const gone = await fate(top, wish, 'discarded');
    assert.equal(gone.reason, 'vsm.west: vsm.west.north: not ours (test)');
    await until(async () => (await alertOf(top, 'waits:west'))?.level === 'closed', { what: 'nothing waits too long' });

    // pain
    const [first, second, third] = await climbs;
    assert.ok(second - first >= 1000 && third - second >= 1000, `one level a time limit: ${[first, second, third]}`);
    await north.publish('shop.north.beat', {});
    await until(async () => (await alertOf(top, 'west/north/silence:till:shop.north.beat'))?.level === 'closed', {
      timeout: 20_000,
      what: 'the pain is over on top too',
    });

    // what north does for itself stays there
    const own = await Promise.all(Array.from({ length: 20 }, (_, n) => north.publish('shop.north.sale', { n })));
    for (const id of own) await fate(north, id, 'answered');
    const last = await fate(top, await top.publish('shop.north.sale', { n: 0 }), 'answered');
    assert.ok(last);
    for (const { channel, text } of saidWest.concat(saidTop)) {
      assert.ok(!own.some((id) => text.includes(id)), `north's own on ${channel}: ${text.slice(0, 200)}`);
    }

    // the tree
    const viable = await until(
      async () => {
        const { units } = await top.ask('recursion', {});
        return units.west?.report?.viable && units.west.report.units.north?.report?.viable ? units : undefined;
      },
      { timeout: 20_000, what: 'both are viable' },
    );
    assert.equal(viable.west?.report?.name, 'west');
    assert.equal(viable.west?.report?.units.north?.report?.name, 'north');
    assert.deepEqual(Object.keys(viable.west?.report?.units.north?.report?.units ?? {}), []);

    // every message on the upper fleets that is about the ones below is one of the four kinds
    const about = new Set(
      saidTop.filter(({ text }) => text.includes('vsm.west')).map(({ channel, type }) => `${channel} ${type}`),
    );
    const allowed = [
      'report vsm.s1.below.v1',
      'algedonic vsm.s1.algedonic.v1',
      'outcome vsm.s1.outcome.v1',
      // what the fleet's own systems say of these to each other
      'intelligence vsm.s5.alert.v1',
      // and what its System 5 says further up, which here only this test hears
      'metasystem vsm.s5.reported.v1',
      'metasystem vsm.s5.climbed.v1',
    ];
    const answers = [...about].filter((kind) => !allowed.includes(kind) && !kind.startsWith('reply '));
    assert.deepEqual(answers, []);
    const up: Answer<'account'> = await top.ask('account', {});
    assert.equal(
      up.received,
      Object.values(up.outcomes).reduce((sum, n) => sum + n, 0),
      'the account balances',
    );
  });
});
