import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CLOUDEVENTS_JSON } from '@vsmcp/vsm';
import { openFleet } from '../../../../test/support/fleet.js';
import type { Service } from '../../src/index.js';

test('a petition is granted once, also when its answer cannot be sent, and not at all when nobody can be answered', async () => {
  const granted: string[] = [];
  const s3: Service = {
    system: 's3',
    async start(context) {
      const answering = await context.answer({
        settle: async ({ because }) => {
          granted.push(because);
          return { accepted: true, because: 'x'.repeat(10) };
        },
      });
      return () => answering.stop();
    },
  };
  const fleet = await openFleet({ services: [s3] });
  try {
    const ask = (because: string, replyTo: string) => {
      const data = { how: 'replay', filter: {}, because, by: 'test' };
      const event = { specversion: '1.0', id: because, source: '/x', type: 'vsm.gateway.settle.v1', data };
      return fleet.gateway.bus.publish({
        channel: 'query',
        key: 's3.any.settle',
        contentType: CLOUDEVENTS_JSON,
        replyTo,
        correlationId: '1',
        content: Buffer.from(JSON.stringify(event)),
      });
    };
    await ask('not a key', 'amq.rabbitmq.reply-to.g1h=');
    await ask('more than one word', 'nobody.here');
    await ask('nobody there', 'nobody');
    await ask('long', 'n'.repeat(200));
    const answer = await fleet.ask('settle', { how: 'replay', filter: {}, because: 'properly', by: 'test' });
    assert.equal(answer.accepted, true);
    assert.deepEqual(granted, ['nobody there', 'long', 'properly']);
    const { total } = await fleet.state.ledger.held({ limit: 10 });
    assert.equal(total, 0);
  } finally {
    await fleet.stop();
  }
});
