import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ClaimedResource } from '@vsmcp/vsm';
import { type Commands, milliseconds, options, transcript } from '../../../../test/support/transcript.js';
import type { Answered } from '../../src/claims/answers.js';
import { Leases } from '../../src/claims/leases.js';

/** `x` alone, `x/3` by three together, `x/shared` by any number. */
function resourceOf(word: string): ClaimedResource {
  const [resource = '', of = '1'] = word.split('/');
  return { resource, of: of === 'shared' ? null : Number(of) };
}

function line({ grant: { claim, granted, wait }, renewed, behind }: Answered): string {
  if (!granted) return `${claim} wait ${wait}`;
  return `${claim} ${renewed ? 'renewed' : 'granted'}${behind?.length ? `, behind ${behind.join(' ')}` : ''}`;
}

function leases(): Commands {
  let machine = new Leases(1, 0);
  return {
    claim(now, [claim = '', ...words]) {
      const { ttl = '10s', patience = '1s', unit = claim } = options(words);
      const resources = words.filter((word) => !word.includes('=') && word !== 'renew').map(resourceOf);
      const times = { ttl: milliseconds(ttl), patience: milliseconds(patience) };
      const renew = words.includes('renew') ? { renew: true as const } : {};
      return machine.claim({ claim, unit, instance: 'i1', resources, ...times, ...renew }, now).map(line);
    },
    release: (now, [claim = '']) => machine.release(claim, now).map(line),
    tick: (now) => machine.tick(now).map(line),
    waiting: () => [String(machine.waiting)],
    held: () =>
      machine.held.map(({ claim, resources, until }) => {
        const names = resources.map(({ resource }) => resource).join(' ');
        return `${claim} ${names} until ${until}`;
      }),
    crash(now, [epoch, quiet = '']) {
      machine = new Leases(Number(epoch), now + milliseconds(options([quiet]).quiet));
      return [];
    },
    handover(_, [epoch]) {
      machine = new Leases(Number(epoch), 0, machine.held);
      return [];
    },
  };
}

describe('leases', () => {
  transcript(new URL('leases.txt', import.meta.url), leases);

  it('have tokens that grow across leaders, and are whole numbers', () => {
    const claim = (name: string) => ({
      claim: name,
      unit: name,
      instance: 'i1',
      resources: [{ resource: 'x', of: 1 }],
      ttl: 10_000,
      patience: 1000,
    });
    const [old] = new Leases(1, 0).claim(claim('a'), 0);
    const [fresh] = new Leases(2, 0).claim(claim('b'), 0);
    assert.ok((fresh?.grant.token ?? 0) > (old?.grant.token ?? 0));
    assert.ok(Number.isSafeInteger(fresh?.grant.token));
  });
});
