import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Party as Parties, type Party, type Permissions, permissionsOf, VsmError } from '@vsmcp/vsm';

/** A broker user of one party, as `--users` names it. */
export interface BrokerUser {
  party: Party;
  name: string;
  password: string;
  passwordHash: string;
  permissions: Permissions;
}

const SALT = 4;

/**
 * The users whose AMQP URLs lie in a folder, one file a party: `amqp-s1`, …, `amqp-gateway`, and `amqp-world` for who
 * publishes from outside. They are the files from which the services read VSMCP_AMQP_URL. A party without a file gets
 * no user.
 * @throws VSM_CONFIG for a file that holds no such URL, or when there is none at all
 */
export async function readUsers(folder: string, path: string): Promise<BrokerUser[]> {
  const users: BrokerUser[] = [];
  for (const party of Parties.options) {
    const file = join(folder, `amqp-${party}`);
    const text = await readFile(file, 'utf8').catch(absent);
    if (text === undefined) continue;
    const { name, password } = credentials(file, text.trim());
    const passwordHash = hashOf(password, randomBytes(SALT));
    users.push({ party, name, password, passwordHash, permissions: permissionsOf(path, party) });
  }
  if (users.length > 0) return users;
  throw new VsmError(
    'VSM_CONFIG',
    `${folder} has no file such as amqp-s1 with a user's AMQP URL: \`npm run secrets\` makes them`,
  );
}

/** True when RabbitMQ's hash (a salt, then SHA-256 over it and the password, in base64) is that of the password. */
export function isHashOf(hash: string, password: string): boolean {
  return hashOf(password, Buffer.from(hash, 'base64').subarray(0, SALT)) === hash;
}

function hashOf(password: string, salt: Uint8Array): string {
  const digest = createHash('sha256').update(salt).update(password).digest();
  return Buffer.concat([salt, digest]).toString('base64');
}

function credentials(file: string, text: string): { name: string; password: string } {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && /^amqps?:$/.test(url.protocol) && url.username && url.password) {
    return { name: decodeURIComponent(url.username), password: decodeURIComponent(url.password) };
  }
  throw new VsmError('VSM_CONFIG', `${file} must hold a URL such as amqp://user:password@host:5672`);
}

function absent(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
  throw error;
}
