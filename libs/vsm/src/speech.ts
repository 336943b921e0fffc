import { CHANNELS, type Channel, type ChannelRule, mayListen, mayPublish } from './channels.js';
import { matches } from './keys.js';
import type { Party } from './systems.js';

/**
 * Patterns of routing keys, for all parties or by party. `<self>` stands for the party, `<instance>` for an instance of
 * it.
 */
type Keys = readonly string[] | Partial<Record<Party, readonly string[]>>;

/**
 * Keys that a party may say on a channel that it may publish on; any where the table does not say. Read with the
 * channel table: the two together are what publish checks and broker permissions derive from.
 */
const SAYS: { [C in Channel]?: Keys } = {
  command: { s3: ['s1.*.*'], s5: ['s3.*.*', 's4.*.*'] },
  report: ['<self>.*.*'],
  audit: { s3: ['probe.*'], s1: ['evidence.*'] },
  coordination: {
    s1: ['claim.*', 'release.*', 'handover.*', 'balance.*', 'stock.*', 'turn.*'],
    s2: ['grant.*', 'loop.*'],
  },
  intelligence: ['<self>.*'],
  algedonic: ['*.<self>.*'],
  metasystem: ['report', 'pain'],
  query: ['*.*.*'],
  reply: ['*'],
  retry: ['*.<self>.#', 'back.own.<self>.#'],
};

/** Keys to which a party may bind a queue of its own, on a channel that it may listen on. */
const HEARS: { [C in Channel]?: Keys } = {
  command: ['<self>.*.*'],
  audit: { s3: ['evidence.*'], s1: ['probe.*'] },
  coordination: {
    s1: ['grant.<instance>', 'handover.*'],
    s2: ['claim.*', 'release.*', 'balance.*', 'stock.*', 'turn.*'],
  },
  query: ['<self>.*.*'],
  reply: ['<instance>'],
  // Nobody listens to the retry channel, but what goes back into a queue of one's own comes over it.
  retry: { s1: ['*.s1.handover.*', 'back.own.s1.#'], parent: ['*.parent.*', 'back.own.parent.#'] },
};

/** The keys that `party` may publish under; none where the channel is not its own to publish on. */
export function keysToSay(party: Party, channel: Channel): readonly string[] {
  return mayPublish(party, channel) ? keysOf(SAYS[channel], party, ['#']) : [];
}

/** The keys that `party` may bind to. */
export function keysToHear(party: Party, channel: Channel): readonly string[] {
  if (channel === 'retry') return keysOf(HEARS.retry, party, [`back.own.${party}.#`]);
  return mayListen(party, channel) ? keysOf(HEARS[channel], party, ['#']) : [];
}

export function maySay(party: Party, channel: Channel, key: string): boolean {
  return keysToSay(party, channel).some((pattern) => matches(pattern, key));
}

/** The channel's rule for people: who may publish there, and this party under which keys. */
export function rightsToSay(party: Party, channel: Channel): string {
  const keys = keysToSay(party, channel);
  const rule: ChannelRule = CHANNELS[channel];
  return keys.length === 0 ? `allowed: ${rule.publish.join(', ')}` : `${party} speaks there under ${keys.join(', ')}`;
}

function keysOf(keys: Keys | undefined, party: Party, otherwise: readonly string[]): readonly string[] {
  const patterns = isList(keys) ? keys : (keys?.[party] ?? otherwise);
  return patterns.map((pattern) => pattern.replaceAll('<self>', party));
}

function isList(keys: Keys | undefined): keys is readonly string[] {
  return Array.isArray(keys);
}
