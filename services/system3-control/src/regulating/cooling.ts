import { type DataOf, HAVING, type Loop } from '@vsmcp/vsm';

/**
 * Servers that System 2 says come and go and come again: they are not installed until it says that this has settled.
 */
export class Cooling {
  readonly #servers = new Set<string>();

  heard({ resource, state }: DataOf<typeof Loop>): void {
    if (!resource.startsWith(HAVING)) return;
    const server = resource.slice(HAVING.length);
    if (state === 'settled') this.#servers.delete(server);
    else this.#servers.add(server);
  }

  /** Why a server is not installed now. */
  holds(server: string): string | undefined {
    if (!this.#servers.has(server)) return undefined;
    const until = 'it is let be until that has settled (vsmcp coordination)';
    return `${server} was acquired and removed again and again: ${until}`;
  }
}
