import type { Command } from 'commander';
import { fleetAt } from '../../fleet.js';

/** `vsmcp mcp` */
export function mcp(vsmcp: Command): void {
  vsmcp
    .command('mcp')
    .description('speak MCP on stdin and stdout, for agents; forwards to the fleet')
    .addHelpText(
      'after',
      `
An agent that has a token (gateway.agents in vsmcp.yaml) gives it in VSMCP_TOKEN. Clients that speak HTTP need no bridge: <VSMCP_URL>/mcp.

Examples:
  {"mcpServers": {"vsmcp": {"command": "npx", "args": ["vsmcp", "mcp"]}}}
  VSMCP_URL=http://127.0.0.1:4100 vsmcp mcp`,
    )
    .action(async () => {
      // the MCP client is loaded only by who speaks it: the other commands stay quick
      const { speak } = await import('../../mcp/stdio.js');
      await speak(fleetAt(), process.env.VSMCP_TOKEN);
    });
}
