import { VsmError } from '@vsmcp/vsm';

export interface HttpSettings {
  host: string;
  port: number;
  /** Names beside loopback under which a caller may address the gateway. */
  names: readonly string[];
}

export const DEFAULT_PORT = 4010;

/**
 * Address at which the gateway listens: VSMCP_MCP_PORT (4010), VSMCP_HTTP_HOST (127.0.0.1), VSMCP_HTTP_NAMES (host
 * names, parted by commas). Throws VSM_CONFIG naming the variable.
 */
export function httpSettings(env: Readonly<Record<string, string | undefined>>): HttpSettings {
  const text = env.VSMCP_MCP_PORT ?? String(DEFAULT_PORT);
  const port = Number(text);
  if (text.trim() === '' || !Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new VsmError('VSM_CONFIG', `VSMCP_MCP_PORT is ${text}: it must be a port, 0 to 65535`);
  }
  return {
    host: env.VSMCP_HTTP_HOST || '127.0.0.1',
    port,
    names: (env.VSMCP_HTTP_NAMES ?? '')
      .split(',')
      .map((name) => name.trim().toLowerCase())
      .filter((name) => name !== ''),
  };
}
