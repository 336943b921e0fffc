import type { Found } from '@vsmcp/system4-intelligence';
import { packageOf, VERSION } from './names.js';
import type { Offer } from './script.js';

/** The day's registry, as System 4 finds it. */
export function labRegistry(offers: readonly Offer[]): () => Promise<Found> {
  const found: Found = {
    candidates: offers.map(({ name, describes, grants, parallel }) => ({
      name,
      description: describes,
      version: VERSION,
      registry: 'lab',
      spec: { npm: packageOf(name), args: [], env: {}, grants, parallel },
    })),
    unusable: [],
    registries: [{ registry: 'lab', servers: offers.length }],
  };
  return async () => structuredClone(found);
}
