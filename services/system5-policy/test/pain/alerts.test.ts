import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  type AlertEvent,
  type AlertsState,
  acknowledge,
  beyond,
  evolve,
  NO_ALERTS,
  OVERFLOW,
  overdue,
  relieved,
  signalled,
  stateOf,
  told,
} from '../../src/pain/alerts.js';

const policy = { tell: ['desk'], climb: 10_000 };
const signal = (
  severity: 'pain' | 'critical' | 'pleasure' = 'pain',
  alert = 'silence:backups:file.ok',
  since = 70_000,
) => ({ alert, severity, unit: 'backups', what: 'no file.ok for 10 s', since });
const by = (state: AlertsState, events: readonly AlertEvent[]) => events.reduce(evolve, state);
const hear = (state: AlertsState, what = signal(), now = 80_000) => by(state, signalled(state, policy, what, now));
const level = (state: AlertsState, alert = signal().alert) => stateOf(state, alert)?.level;

describe('alerts', () => {
  it('the owner is told first, System 5 when nobody acknowledged, until the pain goes', () => {
    const owner = hear(NO_ALERTS);
    assert.deepEqual([level(owner), stateOf(owner, signal().alert)?.told], ['owner', ['desk']]);
    assert.deepEqual(overdue(owner, policy, 89_999), []);
    const up = by(owner, overdue(owner, policy, 90_000));
    assert.deepEqual([level(up), stateOf(up, signal().alert)?.told], ['system5', ['desk', 'system5']]);
    assert.deepEqual(overdue(up, policy, 200_000), []);
    const closed = hear(up, signal('pleasure'), 115_000);
    assert.equal(level(closed), 'closed');
    assert.equal(closed.open.size, 0);
    assert.equal(level(hear(closed, signal(), 116_000)), 'closed', 'what arrives late is the pain that is over');
    const anew = signal('pain', signal().alert, 120_000);
    assert.equal(level(hear(closed, anew, 130_000)), 'owner', 'new pain is a new alert');
  });

  it('what System 5 leaves too goes to the fleet above after its time, once, and its end does', () => {
    const up = by(hear(NO_ALERTS), overdue(hear(NO_ALERTS), policy, 90_000));
    assert.deepEqual(beyond(up, policy, 99_999), []);
    assert.equal(beyond(up, policy, 100_000).length, 1);
    const above = by(up, told(up, signal().alert, 100_000));
    assert.deepEqual(beyond(above, policy, 500_000), []);
    assert.deepEqual([relieved(up), relieved(above)], [[], []]);
    const acknowledged = by(above, acknowledge(above, undefined, 'ann', 110_000));
    assert.deepEqual(
      relieved(acknowledged).map(({ level, by: who, above: at }) => [level, who, at]),
      [['acknowledged', 'ann', 100_000]],
    );
    const closed = hear(above, signal('pleasure'), 120_000);
    assert.deepEqual(
      relieved(closed).map(({ level }) => level),
      ['closed'],
    );
    const worse = hear(acknowledged, signal('critical'), 130_000);
    assert.equal(beyond(worse, policy, 140_000).length, 1, 'worse pain climbs anew');
    assert.deepEqual(beyond(by(up, acknowledge(up, undefined, 'ann', 95_000)), policy, 500_000), []);
  });

  it('pain from a fleet below is with System 5 at once, and goes on after its time', () => {
    const climbed = by(NO_ALERTS, signalled(NO_ALERTS, policy, { ...signal(), climbed: true }, 80_000));
    assert.equal(level(climbed), 'system5');
    assert.equal(beyond(climbed, policy, 89_999).length, 0);
    assert.equal(beyond(climbed, policy, 90_000).length, 1);
  });

  it('pain said again restarts no clock', () => {
    const again = hear(hear(NO_ALERTS), signal(), 89_000);
    assert.equal(overdue(again, policy, 90_000).length, 1);
  });

  it('critical pain goes straight to System 5, also when it began as less, also when acknowledged', () => {
    assert.equal(level(hear(NO_ALERTS, signal('critical'))), 'system5');
    const taken = by(hear(NO_ALERTS), acknowledge(hear(NO_ALERTS), undefined, 'ann', 81_000));
    assert.equal(level(hear(taken, signal('critical'))), 'system5');
  });

  it('an acknowledged alert stands, quiet, until the pain goes', () => {
    const state = hear(hear(NO_ALERTS), signal('pain', 'other'));
    const one = by(state, acknowledge(state, signal().alert, 'ann', 81_000));
    assert.deepEqual([level(one), level(one, 'other')], ['acknowledged', 'owner']);
    assert.equal(stateOf(one, signal().alert)?.by, 'ann');
    assert.deepEqual(
      overdue(one, policy, 200_000).map((e) => e.alert),
      ['other'],
    );
    assert.deepEqual(acknowledge(one, signal().alert, 'bob', 82_000), []);
    assert.deepEqual(
      acknowledge(one, undefined, 'bob', 82_000).map((e) => e.alert),
      ['other'],
    );
    assert.equal(level(hear(one, signal('pleasure'))), 'closed');
  });

  it('pleasure about nothing changes nothing', () => {
    assert.deepEqual(signalled(NO_ALERTS, policy, signal('pleasure'), 1), []);
  });

  it('a storm is one alert more, and it goes when there is room again', () => {
    let state = NO_ALERTS;
    for (let i = 0; i < 1010; i++) state = hear(state, signal('pain', `a${i}`));
    assert.equal(state.open.size, 1001);
    assert.equal(level(state, OVERFLOW), 'system5');
    state = hear(state, signal('pleasure', 'a7'));
    assert.equal(level(state, OVERFLOW), 'closed');
  });

  it('whatever happens, what is not acknowledged in time is with System 5', () => {
    const step = fc.record({
      alert: fc.constantFrom('a', 'b'),
      severity: fc.constantFrom('pain' as const, 'critical' as const, 'pleasure' as const),
      later: fc.integer({ min: 1, max: 4000 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        let state = NO_ALERTS;
        let now = 0;
        const since = new Map<string, number>();
        for (const { alert, severity, later } of steps) {
          now += later;
          state = by(state, overdue(state, policy, now));
          // each pain began when it is said: later than what is closed
          state = hear(state, signal(severity, alert, now), now);
          if (severity === 'pleasure') since.delete(alert);
          else if (!since.has(alert)) since.set(alert, now);
          for (const [name, at] of since)
            if (now >= at + policy.climb) assert.equal(level(by(state, overdue(state, policy, now)), name), 'system5');
          assert.deepEqual([...state.open.keys()].sort(), [...since.keys()].sort());
        }
      }),
    );
  });
});
