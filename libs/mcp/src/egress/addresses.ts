import { isIP } from 'node:net';
import { VsmError } from '@vsmcp/vsm';
import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** Which places policy admits beside public addresses (`policy.private`). */
export interface Allowed {
  hosts: ReadonlySet<string>;
  ranges: readonly [Address, number][];
}

/** @param places ranges, addresses and names of hosts. @throws VSM_CONFIG for one that is none */
export function allowedOf(places: readonly string[]): Allowed {
  const hosts = new Set<string>();
  const ranges: [Address, number][] = [];
  for (const place of places) {
    if (ipaddr.isValidCIDR(place)) ranges.push(ipaddr.parseCIDR(place));
    else if (isIP(place)) ranges.push([ipaddr.process(place), ipaddr.process(place).kind() === 'ipv4' ? 32 : 128]);
    else if (/^[\w.-]+$/.test(place)) hosts.add(nameOf(place));
    else throw new VsmError('VSM_CONFIG', `policy.private: ${place} is no range, address or name of a host`);
  }
  return { hosts, ranges };
}

/** A host as it is compared: a name in lower case without the dot at its end, an IPv6 address without brackets. */
export const nameOf = (host: string): string =>
  host
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '');

/**
 * The kind of an address at which no server may be; undefined for one that is allowed. Public unicast addresses are
 * admitted; IPv4 inside IPv6 counts as the IPv4 address it is, and forms that carry another address inside (6to4,
 * NAT64, Teredo) as private, since where they end cannot be seen.
 * @param host the name it was found under
 */
export function refusedAddress(address: string, host: string, allowed: Allowed): string | undefined {
  const known = ipaddr.isValid(address) ? ipaddr.process(address) : undefined;
  const range = known?.range() ?? 'not an address';
  if (range === 'unicast' || allowed.hosts.has(nameOf(host))) return undefined;
  // an address is only ever compared with ranges of its own kind
  const admitted = allowed.ranges.some(([base, bits]) => known?.kind() === base.kind() && known.match(base, bits));
  return admitted ? undefined : range;
}
