import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CLOUDEVENTS_JSON, Load } from '@vsmcp/vsm';
import { type Fleet, openFleet } from '../../../../test/support/fleet.js';
import { on, type Service } from '../../src/index.js';

const load = {
  instance: 'x',
  from: 0,
  to: 1,
  received: 1,
  duplicates: 0,
  retried: 0,
  running: 0,
  capacity: 1,
  outcomes: {},
  units: {},
  types: {},
  others: { types: 0, outcomes: {} },
  tools: {},
};

test('what several hear and none can read is held once', async () => {
  const listener = (system: 's3' | 's5'): Service => ({
    system,
    async start(context) {
      await context.hear({ channel: 'report', bind: ['#'] }, [on(Load, async () => {})]);
      return async () => {};
    },
  });
  const fleet = await openFleet({ services: [listener('s3'), listener('s5'), listener('s3'), listener('s5')] });
  try {
    const content = Buffer.from('no JSON');
    const s1 = speaker(fleet);
    await s1.publish({ channel: 'report', key: 's1.x.load', contentType: CLOUDEVENTS_JSON, content });
    await s1.close();
    const { held } = await fleet.until(async () => {
      const dead = await fleet.state.ledger.held({ limit: 10 });
      return dead.total > 0 && dead;
    });
    assert.equal(held[0]?.source, 'unreadable:report');
    const dead = Object.fromEntries(fleet.outcomes.map(({ event, reason }) => [event.id, reason]));
    assert.deepEqual(dead, {}, 'and none of them sent it on');
    assert.equal(await fleet.gateway.bus.depth('s1.dead').catch(() => 0), 0);
  } finally {
    await fleet.stop();
  }
});

/** One who may say loads, and says anything. */
function speaker(fleet: Fleet) {
  return fleet.broker.connect({ path: 'vsm', party: 's1', instance: 'x', log: fleet.gateway.log });
}

test('what is malformed is held with the reason, what is newer is heard, and nothing ends the service', async () => {
  const heard: unknown[] = [];
  const listener: Service = {
    system: 's3',
    async start(context) {
      await context.hear('s3.report', [
        on(Load, async ({ data, cause }, { trace }) => void heard.push({ data, cause, trace })),
      ]);
      return async () => {};
    },
  };
  const fleet = await openFleet({ services: [listener] });
  const s1 = speaker(fleet);
  try {
    const say = (content: string) =>
      s1.publish({
        channel: 'report',
        key: 's1.x.load',
        contentType: CLOUDEVENTS_JSON,
        content: Buffer.from(content),
        headers: { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' },
      });
    const message = (id: string, data: unknown) => ({
      specversion: '1.0',
      id,
      source: '/vsm/s1/x',
      type: Load.type,
      cause: 'c-1',
      data,
    });
    await say('no JSON');
    await say(JSON.stringify({ hello: 'world' }));
    await say(JSON.stringify(message('bad', { ...load, received: 'many' })));
    await say(JSON.stringify(message('bad', { ...load, received: 'many' })));
    await say(JSON.stringify({ ...message('other', {}), type: 'vsm.s1.unheard-of.v1' }));
    await say(JSON.stringify(message('good', { ...load, newer: 'field' })));

    await fleet.until(() => heard.length > 0, { what: 'the good message' });
    const trace = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' };
    assert.deepEqual(heard, [{ data: { ...load, newer: 'field' }, cause: 'c-1', trace }]);
    const { held, total } = await fleet.until(async () => {
      const dead = await fleet.state.ledger.held({ reason: 'dead', limit: 10 });
      return dead.total === 3 && dead;
    });
    assert.equal(total, 3);
    // Not under a name that an event may have.
    assert.deepEqual([...new Set(held.map((h) => h.source))], ['unreadable:report']);
    assert.deepEqual(held.map((h) => h.because).sort(), [
      'not a message of the fleet: specversion: Invalid input: expected "1.0"',
      'the content is not JSON: Unexpected token \'o\', "no JSON" is not valid JSON',
      'vsm.s1.load.v1: data.received: Invalid input: expected number, received string',
    ]);
  } finally {
    await s1.close();
    await fleet.stop();
  }
});
