import { after, afterEach, before } from 'node:test';
import type { World } from '../world.js';

/** Opens the world for a suite; the returned function joins it. */
export function setUp(open: () => Promise<World>): World['join'] {
  let world: World | undefined;
  before(async () => {
    world = await open();
  });
  afterEach(() => world?.clean());
  after(() => world?.end());
  return async (party, instance, signer) => {
    if (!world) throw new Error('the world is not open');
    return world.join(party, instance, signer);
  };
}
