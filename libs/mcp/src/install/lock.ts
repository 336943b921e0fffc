import { canonicalJson, VsmError } from '@vsmcp/vsm';
import { z } from 'zod';
import { sha256 } from '../digest.js';

const Entry = z.looseObject({
  version: z.string().optional(),
  integrity: z.string().optional(),
  link: z.boolean().optional(),
  inBundle: z.boolean().optional(),
});
const Lock = z.looseObject({ lockfileVersion: z.literal(3), packages: z.record(z.string(), Entry) });

export interface LockFacts {
  /** sha256 over all that the lock pins: place, version and integrity of every package. */
  lock: string;
  /** sha512 of the package itself. */
  integrity: string;
}

/**
 * Reads a package-lock.json. The hash leaves out URLs: a mirror, or npm's `omit-lockfile-registry-resolved`, changes
 * those and nothing that runs. Throws VSM_INSTALL when a package came from elsewhere than a registry and so has no
 * integrity.
 */
export function readLock(text: string, name: string, version: string): LockFacts {
  const packages = Object.entries(Lock.parse(JSON.parse(text)).packages).filter(([place]) => place !== '');
  for (const [place, entry] of packages) {
    if (entry.link || (!entry.inBundle && !entry.integrity?.startsWith('sha'))) {
      throw new VsmError(
        'VSM_INSTALL',
        `${name}@${version}: ${place} has no integrity (it comes from a link, git or a URL, not a registry); choose another version or server`,
      );
    }
  }
  const own = packages.find(([place]) => place === `node_modules/${name}`)?.[1];
  if (own?.version !== version || !own.integrity?.startsWith('sha512-')) {
    throw new VsmError(
      'VSM_INSTALL',
      `${name}@${version}: npm installed ${own?.version ?? 'nothing'} (${own?.integrity ?? 'no integrity'}); the registry must serve this exact version with sha512`,
    );
  }
  const pinned = packages.map(([place, entry]) => [place, entry.version ?? '', entry.integrity ?? '']).sort();
  return { lock: sha256(canonicalJson(pinned)), integrity: own.integrity };
}
