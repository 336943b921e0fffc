import { createHash } from 'node:crypto';

/** Some clients put their own prefix before a tool's name and allow 64 in all. */
export const MOST_NAME = 52;
const HASH = 10;
const PLAIN = /^[a-zA-Z0-9_-]+$/;

/**
 * The name under which a tool of the fleet is exposed: `<server>__<tool>`, out of a-z A-Z 0-9 _ -, at most 52 long. It
 * depends on the two alone, so that it stays the same when other servers come and go. Where the plain form would not
 * fit or could be read as that of another tool, a hash of both stands at its end.
 */
export function exposedName(server: string, tool: string): string {
  const plain = `${server}__${tool}`;
  if (plain.length <= MOST_NAME && PLAIN.test(plain) && !isAmbiguous(server, tool)) return plain;
  const hash = createHash('sha256')
    .update(JSON.stringify([server, tool]))
    .digest('hex')
    .slice(0, HASH);
  const readable = plain.replaceAll(/[^a-zA-Z0-9_-]+/g, '_').slice(0, MOST_NAME - HASH - 1);
  return `${readable}_${hash}`;
}

/**
 * `a__b` + `c` and `a` + `b__c` look alike, as do `a_` + `b` and `a` + `_b`; and a tool can be named like another's
 * hash.
 */
function isAmbiguous(server: string, tool: string): boolean {
  return server.includes('__') || server.endsWith('_') || tool.startsWith('_') || /_[0-9a-f]{10}$/.test(tool);
}
