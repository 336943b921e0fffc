import type { ClaimedResource } from '@vsmcp/vsm';
import { type Answered, type Claiming, distinct, granted, type Lease, placeOf, refused } from './answers.js';
import { Holdings } from './holdings.js';

/** The longest lease that is given, ms. */
export const LONGEST = 600_000;
/** How soon a claim that waited for as long as it could is to ask again, ms. */
export const AGAIN = 1000;
/** How long a claim that was told to ask again keeps its place beyond that, ms. */
const GRACE = 3000;
/** Claims that wait at the same time; further ones are told to ask again and get no place. */
const MOST_WAITING = 100_000;
/** Units that are named as those a claim waits for. */
const MOST_RIVALS = 5;

interface Ticket {
  claim: string;
  unit: string;
  instance: string;
  resources: readonly ClaimedResource[];
  ttl: number;
  patience: number;
  since: number;
  /** Answered with `wait` and gone until it asks again; its place is kept until `expires`. */
  away: boolean;
  /** When it is told to ask again, or, away, when its place goes. */
  expires: number;
  /** Units that held or wanted the resources before it, when it could not be granted at once. */
  behind?: readonly string[];
}

/**
 * Claims on shared resources: granted all at once (so no deadlock), in the order they came without overtaking (so no
 * starvation, also of one that wants a resource alone behind many that share it), as leases that lapse by themselves.
 * Decides on plain data; the caller passes the time in.
 *
 * A claim that cannot be granted waits a moment unanswered, then is told to ask again and keeps its place meanwhile; it
 * is known again by its id, or by unit and resources.
 */
export class Leases {
  readonly #leases = new Map<string, Lease>();
  readonly #holdings = new Holdings();
  /** Resource → the claims that hold it. */
  readonly #holders = new Map<string, Set<string>>();
  /** Resource → the claims that wait for it, first come first. */
  readonly #queues = new Map<string, Set<Ticket>>();
  readonly #tickets = new Map<string, Ticket>();
  /** Places kept for claims that were told to ask again, by unit and resources. */
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
    if (claiming.renew) return [refused(claiming, now, AGAIN, 'the lease has lapsed')];
    for (const { resource } of claiming.resources) this.#lapse(resource, now);
    const known = this.#known(claiming);
    if (!known && this.#tickets.size >= MOST_WAITING)
      return [refused(claiming, now, AGAIN, `${MOST_WAITING} claims wait already`)];
    if (known) this.#back(known, claiming, now);
    else this.#enqueue(claiming, now);
    const answers = this.#grant(names(claiming), now);
    const waits = this.#tickets.get(claiming.claim);
    if (waits && !known) {
      this.#waited += 1;
      waits.behind = this.#rivals(waits);
    }
    return answers;
  }

  /** Gives resources back, or gives up waiting for them. Claims that wait for them are granted. */
  release(claim: string, now: number): Answered[] {
    const lease = this.#leases.get(claim);
    if (lease) this.#drop(lease);
    const ticket = this.#tickets.get(claim);
    if (ticket) this.#leave(ticket);
    return this.#grant([...names(lease), ...names(ticket)], now);
  }

  /** The passing of time: leases and places lapse, and a claim that waited too long is told to ask again. */
  tick(now: number): Answered[] {
    for (const lease of this.#leases.values()) if (lease.until <= now) this.#drop(lease);
    for (const ticket of this.#tickets.values()) if (ticket.away && ticket.expires <= now) this.#leave(ticket);
    const answers = this.#grant(this.#queues.keys(), now);
    for (const ticket of this.#tickets.values())
      if (!ticket.away && ticket.expires <= now) answers.push(this.#sendAway(ticket, now));
    return answers;
  }

  #lapse(resource: string, now: number): void {
    for (const claim of this.#holders.get(resource) ?? []) {
      const lease = this.#leases.get(claim);
      if (lease && lease.until <= now) this.#drop(lease);
    }
  }

  #known(claiming: Claiming): Ticket | undefined {
    const same = this.#tickets.get(claiming.claim);
    if (same || this.#away.size === 0) return same;
    const [first] = this.#away.get(placeOf(claiming)) ?? [];
    return first;
  }

  #back(ticket: Ticket, claiming: Claiming, now: number): void {
    this.#tickets.delete(ticket.claim);
    this.#forgetAway(ticket);
    ticket.claim = claiming.claim;
    ticket.instance = claiming.instance;
    ticket.ttl = claiming.ttl;
    ticket.patience = claiming.patience;
    ticket.away = false;
    ticket.expires = now + ticket.patience;
    this.#tickets.set(ticket.claim, ticket);
  }

  #forgetAway(ticket: Ticket): void {
    if (!ticket.away) return;
    const place = placeOf(ticket);
    const waiting = this.#away.get(place);
    waiting?.delete(ticket);
    if (waiting?.size === 0) this.#away.delete(place);
  }

  #enqueue({ claim, unit, instance, resources, ttl, patience }: Claiming, now: number): void {
    const wanted = distinct(resources);
    const ticket = {
      claim,
      unit,
      instance,
      resources: wanted,
      ttl,
      patience,
      since: now,
      away: false,
      expires: now + patience,
    };
    this.#tickets.set(claim, ticket);
    for (const { resource } of wanted) {
      const queue = this.#queues.get(resource);
      if (queue) queue.add(ticket);
      else this.#queues.set(resource, new Set([ticket]));
    }
  }

  /** Grants each claim that is first at all of its resources, beginning with those that wait for `resources`. */
  #grant(resources: Iterable<string>, now: number): Answered[] {
    if (now < this.#notBefore) return [];
    const answers: Answered[] = [];
    const look = [...resources];
    for (let resource = look.pop(); resource !== undefined; resource = look.pop()) {
      const first = firstOf(this.#queues.get(resource));
      if (!first || first.away || !first.resources.every((claimed) => this.#canHave(claimed, first))) continue;
      this.#leave(first);
      this.#token += 1;
      const { claim, unit, instance, resources: all, ttl, since } = first;
      const lease = { claim, unit, instance, resources: all, token: this.#token, until: now + Math.min(ttl, LONGEST) };
      this.#hold(lease);
      const answer = granted(lease, since, false);
      if (first.behind) answer.behind = first.behind;
      answers.push(answer);
      // The claim that is first now may share with it.
      for (const claimed of all) look.push(claimed.resource);
    }
    return answers;
  }

  #canHave(claimed: ClaimedResource, ticket: Ticket): boolean {
    return firstOf(this.#queues.get(claimed.resource)) === ticket && this.#holdings.fits(claimed);
  }

  #sendAway(ticket: Ticket, now: number): Answered {
    ticket.away = true;
    ticket.expires = now + AGAIN + GRACE;
    const place = placeOf(ticket);
    const waiting = this.#away.get(place);
    if (waiting) waiting.add(ticket);
    else this.#away.set(place, new Set([ticket]));
    const reason = now < this.#notBefore ? 'leases of an earlier coordinator may still be held' : 'others hold it';
    return refused(ticket, ticket.since, AGAIN, reason);
  }

  /** The units before it: those that hold the resources, and the first that waits for each. */
  #rivals(ticket: Ticket): string[] {
    const units: string[] = [];
    const add = (unit: string | undefined) => {
      if (unit !== undefined && units.length < MOST_RIVALS && !units.includes(unit)) units.push(unit);
    };
    for (const { resource } of ticket.resources) {
      for (const claim of this.#holders.get(resource) ?? []) {
        if (units.length >= MOST_RIVALS) return units;
        add(this.#leases.get(claim)?.unit);
      }
      const first = firstOf(this.#queues.get(resource));
      if (first !== ticket) add(first?.unit);
    }
    return units;
  }

  #leave(ticket: Ticket): void {
    this.#tickets.delete(ticket.claim);
    this.#forgetAway(ticket);
    for (const { resource } of ticket.resources) {
      const queue = this.#queues.get(resource);
      queue?.delete(ticket);
      if (queue?.size === 0) this.#queues.delete(resource);
    }
  }

  #hold(lease: Lease): void {
    this.#leases.set(lease.claim, lease);
    this.#holdings.take(lease.resources);
    for (const { resource } of lease.resources) {
      const holders = this.#holders.get(resource);
      if (holders) holders.add(lease.claim);
      else this.#holders.set(resource, new Set([lease.claim]));
    }
  }

  #drop(lease: Lease): void {
    this.#leases.delete(lease.claim);
    this.#holdings.give(lease.resources);
    for (const { resource } of lease.resources) {
      const holders = this.#holders.get(resource);
      holders?.delete(lease.claim);
      if (holders?.size === 0) this.#holders.delete(resource);
    }
  }
}

function firstOf(queue: ReadonlySet<Ticket> | undefined): Ticket | undefined {
  for (const first of queue ?? NOBODY) return first;
  return undefined;
}
const NOBODY: ReadonlySet<Ticket> = new Set();

const names = (of: { resources: readonly ClaimedResource[] } | undefined): string[] =>
  of?.resources.map(({ resource }) => resource) ?? [];
