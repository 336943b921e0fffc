import { openSigner } from '@vsmcp/nervous-system';
import { brokerUrl } from '../../../test/support/rabbitmq.js';
import { conformance, UNSIGNED } from './conformance.js';
import { openFleet } from './fleets.js';
import { openMemoryFleet } from './memory/fleet.js';
import type { World } from './world.js';

const member = openSigner(['a secret that all members share, and nobody else']);

/** The same fleet, in which all but the world outside sign and check. */
async function signing(open: () => Promise<World>): Promise<World> {
  const world = await open();
  return {
    ...world,
    join: (party, instance, signer) => world.join(party, instance, signer ?? (party === 'world' ? undefined : member)),
  };
}

conformance('signed, in memory', () => signing(openMemoryFleet), UNSIGNED);
conformance('signed, on AMQP', async () => signing(async () => openFleet(await brokerUrl())), UNSIGNED);
