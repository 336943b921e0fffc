import { createHash } from 'node:crypto';
import { canonicalJson } from '@vsmcp/vsm';

/** SHA-256 in hex over canonical JSON: the same before and after a database that keeps no order of keys. */
export function fingerprint(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}
