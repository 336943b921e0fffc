import { lookup as systemLookup } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import { VsmError } from '@vsmcp/vsm';
import { type Allowed, nameOf, refusedAddress } from './addresses.js';

/** All addresses of a host's name. */
export type Resolve = (host: string) => Promise<{ address: string; family: number }[]>;

const resolveBySystem: Resolve = (host) => systemLookup(host, { all: true });

/** It could not be dialled: nothing was sent. */
export class DialError extends VsmError {}

/**
 * Where servers may be dialled. Asked at each dial, of every new socket, so that neither a redirect nor a changed name
 * gets past it.
 */
export interface EgressPolicy {
  /**
   * For `net.connect` and what is built on it: resolves a name once, and hands over only addresses that were checked,
   * so that the socket goes to one of these. A name of which one address is refused is refused whole.
   */
  readonly lookup: LookupFunction;
  /** Throws a DialError for a host that is written as an address and refused: these are never looked up. */
  check(host: string): void;
}

/** @param resolve the machine's own resolver when not given */
export function openEgressPolicy(allowed: Allowed, resolve: Resolve = resolveBySystem): EgressPolicy {
  const refuse = (host: string, address: string, kind: string) =>
    new DialError(
      'VSM_POLICY',
      `${host}${host === address ? '' : ` is at ${address}, which`} is no public address (${kind}): a server must not be there. If it is yours, add ${host} or its range to policy.private in vsmcp.yaml`,
    );
  const checked = async (host: string) => {
    const found = await resolve(host).catch((error: unknown) => {
      throw new DialError('VSM_MCP', `${host} cannot be found: correct its name`, { cause: error });
    });
    for (const { address } of found) {
      const kind = refusedAddress(address, host, allowed);
      if (kind !== undefined) throw refuse(host, address, kind);
    }
    const [first] = found;
    if (first === undefined) throw new DialError('VSM_MCP', `${host} has no address: correct its name`);
    return { found, first };
  };
  return {
    check(host) {
      const bare = nameOf(host);
      if (isIP(bare) === 0) return;
      const kind = refusedAddress(bare, bare, allowed);
      if (kind !== undefined) throw refuse(bare, bare, kind);
    },
    lookup(host, options, callback) {
      checked(host).then(
        ({ found, first }) => (options.all ? callback(null, found) : callback(null, first.address, first.family)),
        (error: unknown) => callback(error instanceof Error ? error : new Error(String(error)), ''),
      );
    },
  };
}
