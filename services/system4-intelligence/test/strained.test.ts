import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Service, ServiceContext } from '@vsmcp/service';
import { Stress } from '@vsmcp/vsm';
import { openFleet } from '../../../test/support/fleet.js';
import { strained } from '../src/strained.js';

test('while a unit cannot cope nothing new is looked for; when all cope again it is', async (t) => {
  let relieved = 0;
  let looked = 0;
  let look = () => {};
  let s3: ServiceContext | undefined;
  const outside: Service = {
    system: 's4',
    async start(context) {
      const inside = strained(context, () => relieved++);
      look = inside.unless(() => looked++);
      const consumer = await context.hear('s4.intelligence', [inside.hearing]);
      return () => consumer.stop();
    },
  };
  const control: Service = {
    system: 's3',
    async start(context) {
      s3 = context;
      return async () => {};
    },
  };
  const fleet = await openFleet({ services: [outside, control] });
  t.after(() => fleet.stop());
  const say = (id: string, state: 'begins' | 'ends') =>
    s3?.say(Stress, 's3.stress', {
      id,
      unit: id,
      rung: 'tell',
      since: 0,
      because: 'it wants more',
      state,
      wants: 9,
      slots: 1,
      scarce: 'operations',
    });
  const looks = () => {
    const before = looked;
    look();
    return looked > before;
  };

  assert.ok(looks());
  await say('desk', 'begins');
  await say('machine', 'begins');
  await fleet.until(() => !looks());
  await say('desk', 'ends');
  await say('desk', 'ends');
  await say('machine', 'ends');
  await fleet.until(() => relieved === 1);
  assert.ok(looks());
});
