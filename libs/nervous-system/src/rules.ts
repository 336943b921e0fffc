import {
  CHANNELS,
  type Channel,
  isKey,
  isPattern,
  isRoutingKey,
  MAX_KEY_BYTES,
  MAX_ROUTING_KEY_BYTES,
  mayListen,
  mayPublish,
  maySay,
  type Party,
  rightsToSay,
  VsmError,
} from '@vsmcp/vsm';
import type { Outgoing } from './message.js';
import type { Member, Subscription } from './nervous-system.js';

/** Holds a publish to the channel table. Throws VSM_CHANNEL, or VSM_EVENT for a key that is none. */
export function checkPublish(party: Party, message: Pick<Outgoing, 'channel' | 'key'>): void {
  if (!mayPublish(party, message.channel)) {
    const rights = rightsToSay(party, message.channel);
    throw new VsmError('VSM_CHANNEL', `${party} may not publish on ${message.channel}; ${rights}`);
  }
  const { channel, key } = message;
  if (channel === 'environment' ? !isKey(key) : !isRoutingKey(key)) {
    const most = channel === 'environment' ? MAX_KEY_BYTES : MAX_ROUTING_KEY_BYTES;
    throw new VsmError(
      'VSM_EVENT',
      `"${key.slice(0, 250)}" is not a routing key: use at most ${most} bytes of dot-separated words out of a-z 0-9 _ -`,
    );
  }
  if (!maySay(party, message.channel, message.key)) {
    const rights = rightsToSay(party, message.channel);
    throw new VsmError('VSM_CHANNEL', `${party} may not say ${message.key} on ${message.channel}; ${rights}`);
  }
}

/** Holds a subscription to the channel table; a durable queue is read by its owner alone. Throws VSM_CHANNEL. */
export function checkSubscribe(party: Party, { queue, prefetch }: Subscription): void {
  const channel: Channel = 'own' in queue ? queue.channel : queue.durable.channel;
  if (!mayListen(party, channel)) {
    const allowed = CHANNELS[channel].listen.join(', ') || 'nobody';
    throw new VsmError('VSM_CHANNEL', `${party} may not listen on ${channel}; allowed: ${allowed}`);
  }
  if (!('own' in queue) && queue.durable.owner !== party) {
    throw new VsmError('VSM_CHANNEL', `${queue.name} is read by ${queue.durable.owner} alone, not by ${party}`);
  }
  for (const pattern of 'own' in queue ? queue.bind : queue.durable.bind) {
    if (!isPattern(pattern)) {
      throw new VsmError('VSM_CHANNEL', `"${pattern}" is no topic pattern: use words, * for one and # for any number`);
    }
  }
  if (!Number.isInteger(prefetch) || prefetch < 1 || prefetch > 65_535) {
    throw new VsmError('VSM_CHANNEL', `prefetch is ${prefetch}; it must be a whole number from 1 to 65535`);
  }
}

export function checkMember({ path, instance }: Pick<Member, 'path' | 'instance'>): void {
  if (!isKey(path)) throw new VsmError('VSM_CONFIG', `path "${path}" must be dot-separated words of a-z 0-9 _ -`);
  if (!isKey(instance) || instance.includes('.')) {
    throw new VsmError('VSM_CONFIG', `instance "${instance}" must be one word of a-z 0-9 _ -`);
  }
}
