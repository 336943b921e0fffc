import type { ServiceContext } from '@vsmcp/service';
import type { Acquisition, DataOf } from '@vsmcp/vsm';
import { put } from '../questions.js';
import type { Offer, Offers } from './offers.js';
import { demandType, fitting } from './wish.js';

/** Steps in which the server of an acquisition is there. */
const THERE: readonly string[] = ['confirming', 'closed'];
/** Steps after which an acquisition does not go on by itself. */
export const OVER: readonly string[] = ['nothing-found', 'refused', 'failed', 'rolled-back'];

export type AcquisitionNow = DataOf<typeof Acquisition>;

/** Tools that there are for a wish at one moment. */
export interface View {
  /** Best first, those that fit before the others. */
  found: readonly { offer: Offer; fits: boolean }[];
  met: boolean;
  /** State of the acquisition that the wish brought about. */
  acquisition?: AcquisitionNow;
}

/**
 * Looks at what there is for a wish.
 * @param without exposed names of tools that are known not to fulfil it
 */
export async function look(
  context: ServiceContext,
  offers: Offers,
  { wish, limit }: { wish: string; limit: number },
  without: ReadonlySet<string>,
): Promise<View> {
  const [all, acquisition] = await Promise.all([offers.all(), acquisitionFor(context, demandType(wish))]);
  return viewOf([...all.values()], wish, limit, without, acquisition);
}

export function viewOf(
  all: readonly Offer[],
  wish: string,
  limit: number,
  without: ReadonlySet<string>,
  acquisition: AcquisitionNow | undefined,
): View {
  const brought = (offer: Offer): boolean => isBrought(offer, acquisition);
  const known = fitting(wish, all, ({ text }) => text);
  const named = new Set(known.map(({ item }) => item));
  // what was acquired for this very wish fulfils it, whatever words it uses
  const others = all.filter((offer) => brought(offer) && !named.has(offer)).map((item) => ({ item, fits: true }));
  const found = [...known, ...others]
    .map(({ item, fits }) => ({ offer: item, fits: (fits || brought(item)) && !without.has(item.declared.name) }))
    .sort((a, b) => Number(b.fits) - Number(a.fits) || Number(brought(b.offer)) - Number(brought(a.offer)))
    .slice(0, limit);
  return { found, met: found.some(({ fits }) => fits), ...(acquisition && { acquisition }) };
}

function isBrought(offer: Offer, acquisition: AcquisitionNow | undefined): boolean {
  if (acquisition === undefined || !THERE.includes(acquisition.step) || acquisition.server !== offer.server)
    return false;
  return acquisition.tool === undefined || acquisition.tool === offer.tool;
}

async function acquisitionFor(context: ServiceContext, type: string): Promise<AcquisitionNow | undefined> {
  const { acquisitions } = await put(context, 'acquisitions', {});
  return acquisitions.find((acquisition) => acquisition.type === type);
}
