import type { Npm } from '@vsmcp/mcp';
import { reasonOf, ServerSpec } from '@vsmcp/vsm';
import type { Launch } from './launch.js';

/** Packages asked for at the same time, and ms for each. */
const AT_ONCE = 4;
const PATIENCE = 20_000;

/**
 * `package@exact.version` for each package that is started, asked of npm where the version is not exact.
 * @param npm undefined, or why there is none
 * @returns by `name@range`: the exact one, or why it is not known
 */
export async function pin(
  launches: readonly Launch[],
  npm: Pick<Npm, 'newest'> | { because: string },
): Promise<Map<string, { npm: string } | { because: string }>> {
  const found = new Map<string, { npm: string } | { because: string }>();
  const asked: Launch[] = [];
  for (const launch of launches) {
    const spec = specOf(launch);
    if (found.has(spec)) continue;
    if (isExact(spec)) found.set(spec, { npm: spec });
    else {
      found.set(spec, { because: 'not asked yet' });
      asked.push(launch);
    }
  }
  const ask = async (): Promise<void> => {
    for (let launch = asked.shift(); launch !== undefined; launch = asked.shift()) {
      found.set(specOf(launch), await newest(launch, npm));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, ask));
  return found;
}

export function specOf({ name, range }: Launch): string {
  return range === '' ? name : `${name}@${range}`;
}

function isExact(spec: string): boolean {
  return ServerSpec.shape.npm.safeParse(spec).success;
}

async function newest(
  launch: Launch,
  npm: Pick<Npm, 'newest'> | { because: string },
): Promise<{ npm: string } | { because: string }> {
  const mend = `pin it there: ${launch.name}@<exact version>`;
  if ('because' in npm) return { because: `${npm.because}; ${mend}` };
  try {
    return { npm: `${launch.name}@${await npm.newest(specOf(launch), PATIENCE)}` };
  } catch (error) {
    return { because: `its version is not known (${reasonOf(error)}); ${mend}` };
  }
}
