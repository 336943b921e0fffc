import type { ServiceContext } from '@vsmcp/service';
import { AgentGrant } from '@vsmcp/vsm';
import { HttpError } from '../failure.js';
import { put } from '../questions.js';

/**
 * Asks System 5 whether the agent may do this; nothing is done without its yes. What it refuses it journals.
 * @throws HttpError 403 with the line of vsmcp.yaml that would grant it, 503 when System 5 does not answer
 */
export async function mustBeGranted(
  context: ServiceContext,
  by: string,
  action: AgentGrant,
  on: { server?: string; tool?: string } = {},
): Promise<void> {
  const { permitted, because } = await put(context, 'permit', { action, by, ...on });
  if (!permitted) throw new HttpError(403, 'VSM_POLICY', because);
}

/** Tools that either grant of calling opens: what is called decides which of the two is needed. */
const CALLING = new Set(['call_tool', 'operations_run']);

/** True when an agent with these grants may call a tool of the gateway's at all; reading needs none. */
export function isOpenTo(may: readonly AgentGrant[], tool: string): boolean {
  if (CALLING.has(tool)) return may.includes('call_tool') || may.includes('call_safe');
  const grant = AgentGrant.safeParse(tool);
  return !grant.success || may.includes(grant.data);
}
