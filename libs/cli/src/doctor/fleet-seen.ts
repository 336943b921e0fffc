import { reasonOf, Status } from '@vsmcp/vsm';

/** ms */
const PATIENCE = 3000;

/** The answer at a fleet's URL. */
export type FleetSeen =
  | { is: 'there'; status: Status }
  | { is: 'nothing' }
  /** Something that is no fleet, or one that does not answer. */
  | { is: 'strange'; why: string };

/** Asks for /status. */
export async function lookAtFleet(url: string): Promise<FleetSeen> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(new URL('/status', url), { signal: AbortSignal.timeout(PATIENCE) });
    text = await response.text();
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ECONNREFUSED') return { is: 'nothing' };
    if (error instanceof Error && error.name === 'TimeoutError') {
      return { is: 'strange', why: `it does not answer within ${PATIENCE / 1000} s` };
    }
    return { is: 'strange', why: code ?? reasonOf(error) };
  }
  const json = parsed(text);
  const status = Status.safeParse(json);
  if (status.success) return { is: 'there', status: status.data };
  const said = typeof json === 'object' && json !== null && 'message' in json ? String(json.message) : undefined;
  return { is: 'strange', why: said ?? `it answers HTTP ${response.status} and is not a fleet` };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // a page of something else
  }
}

/** The system error behind a failed fetch. */
function codeOf(error: unknown): string | undefined {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
}
