import { readFileSync } from 'node:fs';
import { reasonOf, VsmError } from '@vsmcp/vsm';
import type { Environment } from './environment.js';

/**
 * Variables that are or hold a secret, and so can be given as a file: VSMCP_AMQP_URL_FILE names the file with
 * VSMCP_AMQP_URL.
 */
export const SECRETS = ['VSMCP_AMQP_URL', 'VSMCP_DATABASE_URL', 'VSMCP_MANAGEMENT_URL', 'VSMCP_COOKIE'] as const;

/**
 * The environment with what its `_FILE` variables name read in.
 * @throws VSM_CONFIG for a file that cannot be read or is empty, and for a variable given both ways
 */
export function withSecrets(env: Environment): Environment {
  const read: Record<string, string> = {};
  for (const name of SECRETS) {
    const file = env[`${name}_FILE`]?.trim();
    if (!file) continue;
    if (env[name]?.trim())
      throw new VsmError('VSM_CONFIG', `${name} and ${name}_FILE are both set: leave one of them out`);
    read[name] = contentOf(`${name}_FILE`, file);
  }
  return { ...env, ...read };
}

function contentOf(variable: string, file: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new VsmError('VSM_CONFIG', `${variable}: ${file} cannot be read: ${reasonOf(error)}`, { cause: error });
  }
  if (text === '') throw new VsmError('VSM_CONFIG', `${variable}: ${file} is empty`);
  return text;
}
