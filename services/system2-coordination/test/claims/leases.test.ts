import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ClaimedResource } from '@vsmcp/vsm';
import { type Machine, milliseconds, options, transcript } from '../../../../test/support/transcript.js';
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

function leases(): Machine {
  let machine = new Leases(1, 0);
  const claim = (now: number, name: string, words: readonly string[]) => {
    const { ttl = '10s', patience = '1s', unit = name } = options(words);
    const resources = words.filter((word) => !word.includes('=') && word !== 'renew').map(resourceOf);
    const times = { ttl: milliseconds(ttl), patience: milliseconds(patience) };
    const renew = words.includes('renew') ? { renew: true as const } : {};
    return machine.claim({ claim: name, unit, instance: 'i1', resources, ...times, ...renew }, now).map(line);
  };
  return ([time, verb, name = '', ...words]) => {
    const now = milliseconds(time);
    switch (verb) {
      case 'claim':
        return claim(now, name, words);
      case 'release':
        return machine.release(name, now).map(line);
      case 'tick':
        return machine.tick(now).map(line);
      case 'waiting':
        return [String(machine.waiting)];
      case 'held':
        return machine.held.map((lease) => {
          const resources = lease.resources.map(({ resource }) => resource).join(' ');
          return `${lease.claim} ${resources} until ${lease.until}`;
        });
      case 'crash':
        machine = new Leases(Number(name), now + milliseconds(options(words).quiet));
        return [];
      case 'handover':
        machine = new Leases(Number(name), 0, machine.held);
        return [];
      default:
        return assert.fail(`no command ${verb}`);
    }
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
