import { createHash, timingSafeEqual } from 'node:crypto';
import type { FleetConfig } from '@vsmcp/service';
import { ANYONE } from '@vsmcp/vsm';
import { HttpError } from '../failure.js';

/**
 * The agent behind a request, by its bearer token and nothing that it says of itself.
 * @returns its name in `gateway.agents`; `anyone` for who sends no token
 * @throws HttpError 401 for a token that nobody has
 */
export function agentOf(agents: FleetConfig['gateway']['agents'], authorization: string | undefined): string {
  if (authorization === undefined) return ANYONE;
  const token = /^Bearer +(\S+)$/i.exec(authorization)?.[1] ?? '';
  const hash = createHash('sha256').update(token).digest();
  for (const [name, agent] of Object.entries(agents)) {
    if (agent.token !== undefined && timingSafeEqual(hash, Buffer.from(agent.token, 'hex'))) return name;
  }
  throw new HttpError(
    401,
    'VSM_POLICY',
    'no agent has this token',
    'put its sha256 in vsmcp.yaml, below gateway.agents, or send none',
  );
}
