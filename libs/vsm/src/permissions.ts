import { CHANNEL_NAMES, type Channel, exchangeName } from './channels.js';
import { QUEUES } from './queues.js';
import { keysToHear, keysToSay } from './speech.js';
import type { Party } from './systems.js';
import { ownQueuePrefix, queueName } from './topology.js';

/**
 * Rights of each system's broker user, out of the channel table: which queues and exchanges it may configure, write and
 * read, and under which routing keys.
 */

/** Rights of a broker user, as RabbitMQ has it: regular expressions over the names of queues and exchanges. */
export interface Permissions {
  configure: string;
  write: string;
  read: string;
  /**
   * One for every exchange of the fleet: without it RabbitMQ allows any key. Expressions over routing and binding keys.
   */
  topics: { exchange: string; write: string; read: string }[];
}

const NOTHING = '^$';
/** Characters that a name or key may have between two dots. A binding's `*` is such a word too. */
const WORD = '[^.]+';

/**
 * The rights of one system's broker user in the fleet at `path`: it declares nothing but queues of its own, publishes
 * and binds under the keys of the tables in `channels.ts` and `speech.ts`, and reads its own queues. Nobody may use the
 * default exchange, with which anybody could write into any queue. System 1 also declares the handover queues of
 * servers that come and go, and the fleet above the queues of the border.
 */
export function permissionsOf(path: string, party: Party): Permissions {
  const says = CHANNEL_NAMES.filter((channel) => keysToSay(party, channel).length > 0);
  const hears = CHANNEL_NAMES.filter((channel) => keysToHear(party, channel).length > 0);
  const made = [
    `${literal(ownQueuePrefix(path, party))}.*`,
    ...(party === 's1' ? [handovers(path)] : []),
    ...(party === 'parent' ? [border(path)] : []),
  ];
  const standing = Object.entries(QUEUES).filter(([, { owner }]) => owner === party);
  return {
    configure: anyOf(made),
    write: anyOf([...made, ...says.map((channel) => exchange(path, channel))]),
    read: anyOf([
      ...made,
      ...standing.map(([name]) => literal(queueName(path, name))),
      ...hears.map((channel) => exchange(path, channel)),
    ]),
    topics: CHANNEL_NAMES.map((channel) => ({
      exchange: exchangeName(path, channel),
      write: anyOf(keysToSay(party, channel).map((pattern) => keyPattern(pattern, party))),
      read: anyOf(keysToHear(party, channel).map((pattern) => keyPattern(pattern, party))),
    })),
  };
}

function exchange(path: string, channel: Channel): string {
  return literal(exchangeName(path, channel));
}

/** `vsm.s1.handover.memory`, and the delay queues behind it. */
function handovers(path: string): string {
  return `${literal(`${path}.`)}(retry\\.${WORD}\\.)?s1\\.handover\\.${WORD}`;
}

/** `vsm.west.parent.outcome`, and the delay queues behind it. */
function border(path: string): string {
  return `${literal(`${path}.`)}(retry\\.${WORD}\\.)?parent\\.${WORD}`;
}

/** A topic pattern as a regular expression that takes the keys it matches, and a binding to the pattern itself. */
function keyPattern(pattern: string, party: Party): string {
  if (pattern === '#') return '.*';
  return pattern
    .split('.')
    .map((word, i) => {
      if (word === '#') return `(\\.${WORD})*`;
      const text = word === '*' ? WORD : word === '<instance>' ? `${party}-${WORD}` : literal(word);
      return i === 0 ? text : `\\.${text}`;
    })
    .join('');
}

function literal(text: string): string {
  return text.replaceAll('.', '\\.');
}

function anyOf(expressions: readonly string[]): string {
  return expressions.length === 0 ? NOTHING : `^(${expressions.join('|')})$`;
}
