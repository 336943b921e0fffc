import { Session } from './session.js';
import type { GatewayTool } from './tool.js';
import type { Parts } from './tools/call-tool.js';

/** Sessions at the same time. */
const MOST = 100;
/** A session without a request and without an open stream ends after this time. ms */
const IDLE = 30 * 60_000;
const SWEEP = 60_000;

/** All sessions, bounded: when there is no room, the one that has been idle the longest makes it. */
export class Sessions {
  readonly #parts: Parts;
  readonly #tools: readonly GatewayTool[];
  readonly #sessions = new Map<string, Session>();
  readonly #stopSweeping: () => void;

  constructor(parts: Parts, tools: readonly GatewayTool[]) {
    this.#parts = parts;
    this.#tools = tools;
    const { clock, metrics } = parts.context;
    const gauge = metrics.gauge('vsmcp_mcp_sessions', 'MCP sessions that are open');
    this.#stopSweeping = clock.every(SWEEP, () => {
      const now = clock.now();
      for (const session of this.#idle()) if (now - session.seen > IDLE) this.#end(session);
      gauge.set(this.#sessions.size);
    });
  }

  /** A session is its own agent's alone. */
  get(id: string, agent: string): Session | undefined {
    const session = this.#sessions.get(id);
    return session?.agent === agent ? session : undefined;
  }

  /** A session that is known once its client has initialized it; undefined when all there is room for are in use. */
  async begin(agent: string): Promise<Session | undefined> {
    if (this.#sessions.size >= MOST) {
      const [oldest] = this.#idle().sort((a, b) => a.seen - b.seen);
      if (oldest === undefined) return undefined;
      this.#end(oldest);
    }
    let known: string | undefined;
    const session = new Session(this.#parts, this.#tools, agent, (opened, id) => {
      known = id;
      this.#sessions.set(id, opened);
    });
    await session.start(() => {
      if (known !== undefined) this.#sessions.delete(known);
    });
    return session;
  }

  async close(): Promise<void> {
    this.#stopSweeping();
    await Promise.all([...this.#sessions.values()].map((session) => session.close()));
  }

  #idle(): Session[] {
    return [...this.#sessions.values()].filter((session) => session.open === 0);
  }

  #end(session: Session): void {
    const { log } = this.#parts.context;
    session.close().catch((error: unknown) => log.warn({ err: error }, 'an MCP session did not close in order'));
  }
}
