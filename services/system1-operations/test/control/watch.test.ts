import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Units } from '@vsmcp/vsm';
import { openFleet } from '../../../../test/support/fleet.js';
import { watchSilence } from '../../src/control/watch.js';
import { Catalog } from '../../src/deciding/catalog.js';
import { voice } from '../support/replica.js';

test('events that could not be listened to are listened to at the next occasion, and each time once', async (t) => {
  const s1 = voice('s1');
  const fleet = await openFleet({ services: [s1] });
  t.after(() => fleet.stop());
  const given = s1.context();
  const heard: string[] = [];
  let away = false;
  const context = {
    ...given,
    hear: async (...args: Parameters<typeof given.hear>) => {
      const [from] = args;
      if (away) throw new Error('no broker');
      const consumer = await given.hear(...args);
      const name = typeof from === 'object' && 'bind' in from ? from.bind.join(' ') : '';
      heard.push(`+ ${name}`);
      return {
        async stop() {
          heard.push(`- ${name}`);
          await consumer.stop();
        },
      };
    },
  };
  const expecting = (...types: string[]) =>
    new Map(Object.entries(Units.parse({ a: { silence: Object.fromEntries(types.map((type) => [type, '1h'])) } })));
  const catalog = new Catalog(Object.fromEntries(expecting('file.a')));
  const watch = watchSilence(context, catalog, () => {});
  await watch.update();
  await fleet.until(() => heard.length === 1);
  away = true;
  catalog.change(expecting('file.a', 'file.b'));
  await assert.rejects(watch.update(), /no broker/);
  away = false;
  await watch.update();
  assert.deepEqual(heard, ['+ *.file.a', '+ *.file.a *.file.b', '- *.file.a']);

  catalog.change(expecting('file.c'));
  const first = watch.update();
  catalog.change(expecting('file.d'));
  await Promise.all([first, watch.update()]);
  await watch.stop();
  const left = heard.filter((one) => !heard.includes(one.replace('+', '-')));
  assert.deepEqual(left, []);
});
