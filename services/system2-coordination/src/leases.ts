import { type Answered, type Claiming, granted, type Lease, placeOf, refused } from './answers.js';

/** The longest lease that is given, ms. */
export const LONGEST = 600_000;
/** How long a claim stays unanswered while it waits for its turn, and how soon it is to ask again after that, ms. */
const PATIENCE = 1000;
export const AGAIN = 1000;
/** How long a claim that was told to ask again keeps its place beyond that, ms. */
const GRACE = 3000;
/** Claims that wait at the same time; further ones are told to ask again and get no place. */
const MOST_WAITING = 100_000;

interface Ticket {
  claim: string;
  unit: string;
  instance: string;
  resources: readonly string[];
  ttl: number;
  since: number;
  /** Answered with `wait` and gone until it asks again; its place is kept until `expires`. */
  away: boolean;
  /** When it is told to ask again, or, away, when its place goes. */
  expires: number;
}

/**
 * Claims on shared resources: granted all at once (so no deadlock), in the order they came without overtaking (so no
 * starvation), as leases that lapse by themselves. Decides on plain data; the caller passes the time in.
 *
 * A claim that cannot be granted waits a moment unanswered, then is told to ask again and keeps its place meanwhile; it is known again
 * by its id, or by unit and resources.
 */
export class Leases {
  readonly #leases = new Map<string, Lease>();
  /** Resource → the claim that holds it. */
  readonly #holder = new Map<string, string>();
  /** Resource → who waits for it, first come first. */
  readonly #queues = new Map<string, Set<Ticket>>();
  readonly #tickets = new Map<string, Ticket>();
  /** Places kept for who was told to ask again, by unit and resources. */
  readonly #away = new Map<string, Set<Ticket>>();
  #waited = 0;
  #token: number;
  readonly #notBefore: number;

  /**
   * @param epoch of the leader: the high part of every fencing token, so that tokens grow across takeovers
   * @param notBefore no grant before this instant: leases of an earlier leader may still be held
   * @param held what an earlier leader handed over
   */
  constructor(epoch: number, notBefore: number, held: readonly Lease[] = []) {
    this.#token = epoch * 2 ** 32;
    this.#notBefore = notBefore;
    for (const lease of held) this.#hold({ ...lease });
  }

  get held(): Lease[] {
    return [...this.#leases.values()];
  }

  get size(): number {
    return this.#leases.size;
  }

  get waiting(): number {
    return this.#tickets.size;
  }

  /** Claims that could not be granted at once, since the beginning. */
  get waited(): number {
    return this.#waited;
  }

  /** Holds it, or waits for it with a place in the queues. */
  knows(claiming: Claiming): boolean {
    return this.#leases.has(claiming.claim) || this.#known(claiming) !== undefined;
  }

  /** Asks for resources. Asked again while held, the lease is renewed under the same token. */
  claim(claiming: Claiming, now: number): Answered[] {
    const lease = this.#leases.get(claiming.claim);
    if (lease && lease.until > now) {
      lease.until = now + Math.min(claiming.ttl, LONGEST);
      return [granted(lease, now, true)];
    }
    for (const resource of claiming.resources) this.#lapse(resource, now);
    const known = this.#known(claiming);
    if (!known && this.#tickets.size >= MOST_WAITING)
      return [refused(claiming, now, AGAIN, `${MOST_WAITING} claims wait already`)];
    if (known) this.#back(known, claiming, now);
    else this.#enqueue(claiming, now);
    const answers = this.#grant(claiming.resources, now);
    if (!known && this.#tickets.has(claiming.claim)) this.#waited += 1;
    return answers;
  }

  /** Gives resources back, or gives up waiting for them. Whoever waits for them is granted. */
  release(claim: string, now: number): Answered[] {
    const lease = this.#leases.get(claim);
    if (lease) this.#drop(lease);
    const ticket = this.#tickets.get(claim);
    if (ticket) this.#leave(ticket);
    return this.#grant([...(lease?.resources ?? []), ...(ticket?.resources ?? [])], now);
  }

  /** What time alone brings: leases lapse, places lapse, and who waited too long is told to ask again. */
  tick(now: number): Answered[] {
    for (const lease of this.#leases.values()) if (lease.until <= now) this.#drop(lease);
    for (const ticket of this.#tickets.values()) if (ticket.away && ticket.expires <= now) this.#leave(ticket);
    const answers = this.#grant(this.#queues.keys(), now);
    for (const ticket of this.#tickets.values())
      if (!ticket.away && ticket.expires <= now) answers.push(this.#sendAway(ticket, now));
    return answers;
  }

  #lapse(resource: string, now: number): void {
    const lease = this.#leases.get(this.#holder.get(resource) ?? '');
    if (lease && lease.until <= now) this.#drop(lease);
  }

  #known(claiming: Claiming): Ticket | undefined {
    const same = this.#tickets.get(claiming.claim);
    if (same) return same;
    const [first] = this.#away.get(placeOf(claiming)) ?? [];
    return first;
  }

  #back(ticket: Ticket, claiming: Claiming, now: number): void {
    this.#tickets.delete(ticket.claim);
    this.#forgetAway(ticket);
    ticket.claim = claiming.claim;
    ticket.instance = claiming.instance;
    ticket.ttl = claiming.ttl;
    ticket.away = false;
    ticket.expires = now + PATIENCE;
    this.#tickets.set(ticket.claim, ticket);
  }

  #forgetAway(ticket: Ticket): void {
    const place = placeOf(ticket);
    const places = this.#away.get(place);
    places?.delete(ticket);
    if (places?.size === 0) this.#away.delete(place);
  }

  #enqueue({ claim, unit, instance, resources, ttl }: Claiming, now: number): void {
    const wanted = [...new Set(resources)];
    const ticket = { claim, unit, instance, resources: wanted, ttl, since: now, away: false, expires: now + PATIENCE };
    this.#tickets.set(claim, ticket);
    for (const resource of wanted) {
      const queue = this.#queues.get(resource);
      if (queue) queue.add(ticket);
      else this.#queues.set(resource, new Set([ticket]));
    }
  }

  /** Grants whoever is first at all of its resources, beginning with those that `resources` may have freed. */
  #grant(resources: Iterable<string>, now: number): Answered[] {
    if (now < this.#notBefore) return [];
    const answers: Answered[] = [];
    for (const resource of [...resources]) {
      const [first] = this.#queues.get(resource) ?? [];
      if (!first || first.away || !first.resources.every((r) => this.#isFree(r, first))) continue;
      this.#leave(first);
      this.#token += 1;
      const { claim, unit, instance, resources: all, ttl, since } = first;
      const lease = { claim, unit, instance, resources: all, token: this.#token, until: now + Math.min(ttl, LONGEST) };
      this.#hold(lease);
      answers.push(granted(lease, since, false));
    }
    return answers;
  }

  #isFree(resource: string, ticket: Ticket): boolean {
    const [first] = this.#queues.get(resource) ?? [];
    return first === ticket && !this.#holder.has(resource);
  }

  #sendAway(ticket: Ticket, now: number): Answered {
    ticket.away = true;
    ticket.expires = now + AGAIN + GRACE;
    const place = placeOf(ticket);
    const places = this.#away.get(place);
    if (places) places.add(ticket);
    else this.#away.set(place, new Set([ticket]));
    const reason = now < this.#notBefore ? 'leases of an earlier coordinator may still be held' : 'others hold it';
    return refused(ticket, ticket.since, AGAIN, reason);
  }

  #leave(ticket: Ticket): void {
    this.#tickets.delete(ticket.claim);
    this.#forgetAway(ticket);
    for (const resource of ticket.resources) {
      const queue = this.#queues.get(resource);
      queue?.delete(ticket);
      if (queue?.size === 0) this.#queues.delete(resource);
    }
  }

  #hold(lease: Lease): void {
    this.#leases.set(lease.claim, lease);
    for (const resource of lease.resources) this.#holder.set(resource, lease.claim);
  }

  #drop(lease: Lease): void {
    this.#leases.delete(lease.claim);
    for (const resource of lease.resources) this.#holder.delete(resource);
  }
}
