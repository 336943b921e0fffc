import assert from 'node:assert/strict';
import { test } from 'node:test';
import { on, type ServiceContext } from '@vsmcp/service';
import { Claim, Release } from '@vsmcp/vsm';
import { openFleet } from '../../../../test/support/fleet.js';
import { Claims } from '../../src/handling/claims.js';
import { voice } from '../support/replica.js';

test('a claim of which is not known whether it was asked is given back', async (t) => {
  const [s1, s2] = [voice('s1'), voice('s2')];
  const fleet = await openFleet({ services: [s2, s1] });
  t.after(() => fleet.stop());
  const [asked, released]: [string[], string[]] = [[], []];
  await s2
    .context()
    .hear('s2.coordination', [
      on(Claim, async ({ data }) => void asked.push(...data.claims.map(({ claim }) => claim))),
      on(Release, async ({ data }) => void released.push(...data.claims)),
    ]);
  const given = s1.context();
  const say: ServiceContext['say'] = async (kind, ...rest) => {
    await given.say(kind, ...rest);
    if (kind.kind === Claim.kind) throw new Error('not confirmed');
  };
  const claims = new Claims({ ...given, say });
  await assert.rejects(claims.hold('desk', [{ resource: 'board', of: 1 }], 60_000), /not confirmed/);
  await fleet.until(() => released.length > 0);
  assert.deepEqual(released, asked);
});
