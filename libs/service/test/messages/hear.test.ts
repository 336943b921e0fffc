import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CLOUDEVENTS_JSON, Load } from '@vsmcp/vsm';
import { openFleet } from '../../../../test/support/fleet.js';
import { on, type Service } from '../../src/index.js';

const load = {
  ...{ instance: 'x', from: 0, to: 1, received: 1, duplicates: 0, retried: 0, running: 0, capacity: 1 },
  ...{ outcomes: {}, units: {}, types: {}, others: { types: 0, outcomes: {} }, tools: {} },
};

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
  try {
    const say = (content: string) =>
      fleet.gateway.bus.publish({
        ...{ channel: 'report', key: 'gateway.x.load', contentType: CLOUDEVENTS_JSON },
        content: Buffer.from(content),
        headers: { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' },
      });
    const message = (id: string, data: unknown) => ({
      ...{ specversion: '1.0', id, source: '/vsm/s1/x', type: Load.type, cause: 'c-1', data },
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
    assert.deepEqual(held.map((h) => h.because).sort(), [
      'not a message of the fleet: specversion: Invalid input: expected "1.0"',
      'the content is not JSON: Unexpected token \'o\', "no JSON" is not valid JSON',
      'vsm.s1.load.v1: data.received: Invalid input: expected number, received string',
    ]);
  } finally {
    await fleet.stop();
  }
});
