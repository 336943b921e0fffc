import type { Delivery } from '../message.js';

/** A message in a queue: the delivery as its handler will see it, but for `redelivered`. */
export type Stored = Omit<Delivery, 'redelivered'>;
