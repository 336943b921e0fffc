import { count } from '../output.js';
import { type Finding, none, ok, warning } from './finding.js';
import type { Situation } from './situation.js';

/** Characters below which a secret can be guessed by who hears what it signed: 32 of base64 are 24 bytes. */
const LEAST = 32;
const MEND = 'set VSMCP_COOKIE to a secret of the fleet, the same for all its members: openssl rand -base64 32';

/** The cookie: members sign their messages to each other with it, or do not. */
export async function lookAtCookie({ settings }: Pick<Situation, 'settings'>): Promise<Finding[]> {
  if ('wrong' in settings) return [none('not looked at: the environment is wrong')];
  return [judgeCookie(settings.cookie, settings.amqpUrl !== undefined)];
}

/** @param broker whether messages travel where others may speak too */
export function judgeCookie(secrets: readonly string[], broker: boolean): Finding {
  if (!broker) return none('nothing is signed in memory, where nobody else can speak');
  if (secrets.length === 0) {
    return none('nothing is signed: who may publish on the broker is heard like a member (VSMCP_COOKIE)');
  }
  const short = secrets.filter(({ length }) => length < LEAST).length;
  if (short > 0) return warning(`${count(short, 'secret')} of VSMCP_COOKIE shorter than ${LEAST} characters`, MEND);
  const more = secrets.length === 1 ? '' : `, and ${secrets.length - 1} more still hold`;
  return ok(`members sign what they say${more}`);
}
