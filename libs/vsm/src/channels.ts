import type { Party } from './systems.js';

/** A VSM channel: one topic exchange of the same name behind the fleet's path. */
export interface ChannelRule {
  /** The channel in Beer's model. */
  meaning: string;
  /** The words of the routing key, for people and for the AsyncAPI document. */
  key: string;
  publish: readonly Party[];
  listen: readonly Party[];
  /** Unroutable messages of this channel go to the dead channel instead of vanishing. */
  alternate?: true;
}

const INSIDE = ['s1', 's2', 's3', 's4', 's5', 'consciousness', 'gateway'] as const;

/**
 * The channels, with who may say what to whom. Topology, publish checks and broker permissions all derive from this
 * table. `world` is anyone admitted from outside.
 */
export const CHANNELS = {
  environment: {
    meaning: 'environment → inside',
    key: '<event type>',
    publish: ['world', 's4', 'gateway', 'parent'],
    listen: ['s1', 's4'],
  },
  outcome: {
    meaning: 'inside → environment',
    key: '<outcome>.<event type>',
    publish: ['s1'],
    listen: ['world', ...INSIDE, 'parent'],
  },
  command: {
    meaning: 'vertical, down',
    key: '<to>.<unit, all or any>.<verb>',
    publish: ['s3', 's5'],
    listen: ['s1', 's3', 's4'],
    alternate: true,
  },
  report: {
    meaning: 'vertical, up',
    key: '<from>.<unit or instance>.<kind>',
    publish: INSIDE,
    listen: ['s3', 's4', 's5', 'consciousness', 'gateway'],
  },
  audit: {
    meaning: 'vertical, 3*',
    key: 'probe.<unit> | evidence.<unit>',
    publish: ['s3', 's1'],
    listen: ['s1', 's3'],
  },
  coordination: {
    meaning: 'horizontal',
    key: '<verb>.<unit, server or instance>',
    publish: ['s1', 's2'],
    listen: ['s1', 's2', 's3', 'consciousness', 'gateway'],
  },
  intelligence: {
    meaning: 'the 3–4–5 homeostat: proposals and verdicts',
    key: '<from>.<kind>',
    publish: ['s3', 's4', 's5'],
    listen: ['s3', 's4', 's5', 'consciousness', 'gateway'],
  },
  algedonic: {
    meaning: 'pain and pleasure, past the hierarchy',
    key: '<severity>.<from>.<unit>',
    publish: INSIDE,
    listen: ['s5', 'consciousness', 'gateway'],
  },
  metasystem: {
    meaning: 'vertical, out: to the fleet of which this one is a unit',
    key: 'report | pain',
    publish: ['s5'],
    listen: ['parent'],
  },
  query: {
    meaning: 'questions, and petitions that System 3 or 5 may grant',
    key: '<to>.<instance or any>.<verb>',
    publish: ['gateway', 'consciousness', 's3', 's4', 's5'],
    listen: INSIDE,
    // No alternate: a question that no queue takes is returned to its asker, which an alternate exchange would prevent.
  },
  reply: {
    meaning: 'answers',
    key: '<the asker’s instance>',
    publish: INSIDE,
    listen: INSIDE,
  },
  retry: {
    meaning: 'what comes back later',
    key: '<delay>.<queue>',
    publish: [...INSIDE, 'parent'],
    listen: [],
  },
  dead: {
    meaning: 'what could not be handled',
    key: '<the original key>',
    publish: [...INSIDE, 'parent'],
    listen: ['s1'],
  },
  context: {
    meaning: 'replicated state between regions',
    key: '<store>.<instance>',
    publish: INSIDE,
    listen: INSIDE,
  },
} as const satisfies Record<string, ChannelRule>;

export type Channel = keyof typeof CHANNELS;
export const CHANNEL_NAMES = Object.keys(CHANNELS) as Channel[];

export function mayPublish(party: Party, channel: Channel): boolean {
  return (CHANNELS[channel].publish as readonly Party[]).includes(party);
}

export function mayListen(party: Party, channel: Channel): boolean {
  return (CHANNELS[channel].listen as readonly Party[]).includes(party);
}

/** `vsm.environment` for path `vsm`, `vsm.west.environment` for path `vsm.west`. */
export function exchangeName(path: string, channel: Channel): string {
  return `${path}.${channel}`;
}
