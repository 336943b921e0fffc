import { createHash } from 'node:crypto';
import { type Clock, type CloudEvent, FRAME, frameOf, partitionHeaders, partitionKeyOf, VsmError } from '@vsmcp/vsm';
import { Packr, Unpackr } from 'msgpackr';
import type { Outgoing } from './message.js';

/**
 * Frames on the wire: many events as one message, in MessagePack, and the gathering of single events into frames.
 */

// No extensions of the library's own: any MessagePack reads and writes a frame.
const packer = new Packr({ useRecords: false });
const unpacker = new Unpackr({ useRecords: false, int64AsType: 'number' });

/** A frame as it travels. @throws VSM_EVENT when the events are not of one type */
export function packFrame(events: readonly CloudEvent[]): Uint8Array {
  return packer.pack(frameOf(events));
}

/** Whatever somebody sent as a frame: `eventsOfFrame` looks at it. Throws when it is no MessagePack. */
export function unpackFrame(content: Uint8Array): unknown {
  return unpacker.unpack(content);
}

/**
 * The message that carries a packed frame: the same events in the same frame are the same message. @param first of its
 * events
 */
export function frameMessage(content: Uint8Array, first: CloudEvent): Outgoing {
  const id = createHash('sha256').update(content).digest('base64url');
  return { channel: 'environment', key: first.type, id, content, contentType: FRAME, headers: partitionHeaders(first) };
}

export interface FramerOptions {
  publish(message: Outgoing): Promise<void>;
  clock: Clock;
  /** Most events in a frame. */
  events?: number;
  /** A frame is made of as many events as its like had in so many bytes. */
  bytes?: number;
  /** Longest time (ms) for which an event waits for others. */
  linger?: number;
}

const MOST_EVENTS = 3000;
const MOST_BYTES = 128 * 1024;
const LINGER = 5;
/** Frames that are being filled; with more kinds of events than that, the oldest goes out. */
const MOST_OPEN = 1000;

interface Open {
  type: string;
  /** Its partition key; '' for none. */
  key: string;
  events: CloudEvent[];
  /** As many as it takes. */
  fit: number;
  isOpen: boolean;
  sent: Promise<void>;
  /** Sends it. */
  close(): void;
  cancel(): void;
}

/**
 * Publishes events of the environment in frames: those of one type, and of one partition key, travel together. Order
 * holds within them.
 */
export class Framer {
  readonly #open = new Map<string, Open>();
  /** Events that fit into a frame, by type, as the last one showed. */
  readonly #fit = new Map<string, number>();
  readonly #around: Required<FramerOptions>;
  #last: Open | undefined;

  constructor(options: FramerOptions) {
    this.#around = { events: MOST_EVENTS, bytes: MOST_BYTES, linger: LINGER, ...options };
  }

  /** Resolves when the event's frame is safe; rejects as `publish` does, for all events of the frame. */
  add(event: CloudEvent): Promise<void> {
    const key = partitionKeyOf(event) ?? '';
    const last = this.#last;
    // Most come with others of their kind, whose name need not be made again.
    const open = last?.type === event.type && last.key === key && last.isOpen ? last : this.#openFor(event.type, key);
    this.#last = open;
    open.events.push(event);
    if (open.events.length >= open.fit) open.close();
    return open.sent;
  }

  /** Sends what waits for others; resolves when it is safe. */
  async flush(): Promise<void> {
    const open = [...this.#open.values()];
    for (const each of open) each.close();
    await Promise.all(open.map(({ sent }) => sent));
  }

  #openFor(type: string, key: string): Open {
    const kind = `${type} ${key}`;
    return this.#open.get(kind) ?? this.#begin(kind, type, key);
  }

  #begin(kind: string, type: string, key: string): Open {
    const [oldest] = this.#open.values();
    if (oldest && this.#open.size >= MOST_OPEN) oldest.close();
    const events: CloudEvent[] = [];
    let resolve: (sent: Promise<void>) => void = () => {};
    const sent = new Promise<void>((done) => {
      resolve = done;
    });
    const close = (): void => {
      if (!open.isOpen) return;
      open.isOpen = false;
      open.cancel();
      this.#open.delete(kind);
      resolve(this.#send(events));
    };
    const fit = this.#fit.get(type) ?? this.#around.events;
    const cancel = this.#around.clock.after(this.#around.linger, close);
    const open: Open = { type, key, events, fit, isOpen: true, sent, close, cancel };
    this.#open.set(kind, open);
    return open;
  }

  async #send(events: readonly CloudEvent[]): Promise<void> {
    const [first] = events;
    if (first === undefined) throw new VsmError('VSM_EVENT', 'a frame has at least one event');
    const content = packFrame(events);
    const fit = Math.floor((events.length * this.#around.bytes) / content.length);
    this.#fit.set(first.type, Math.min(this.#around.events, Math.max(1, fit)));
    if (content.length > 2 * this.#around.bytes && events.length > 1) {
      const half = events.length >> 1;
      await Promise.all([this.#send(events.slice(0, half)), this.#send(events.slice(half))]);
      return;
    }
    await this.#around.publish(frameMessage(content, first));
  }
}
