import { nameOf } from './addresses.js';

/** Ports of a host that was declared without one: HTTPS and HTTP. */
const USUAL = [443, 80];

/** A host and perhaps a port, as they are written: `example.org`, `*.example.org:8080`, `[::1]:443`. */
export function placeOf(text: string): { host: string; port?: number } | undefined {
  const [, host, port] = /^(\[[^\]]+\]|[^:[\]]+)(?::(\d{1,5}))?$/.exec(text) ?? [];
  if (host === undefined) return undefined;
  return { host: nameOf(host), ...(port !== undefined && { port: Number(port) }) };
}

/**
 * True when a host was declared. `*.example.org` admits every name below it and not itself; without a port the usual
 * ones are meant.
 * @param hosts as `Grants.hosts`
 */
export function admits(hosts: readonly string[], host: string, port: number): boolean {
  const name = nameOf(host);
  return hosts.some((declared) => {
    const place = placeOf(declared);
    if (place === undefined || !(place.port === undefined ? USUAL.includes(port) : place.port === port)) return false;
    return place.host.startsWith('*.') ? name.endsWith(place.host.slice(1)) : name === place.host;
  });
}
