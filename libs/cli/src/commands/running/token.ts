import { createHash, randomBytes } from 'node:crypto';
import { AgentGrant, ANYONE, UnitName, USUAL_GRANTS, VsmError } from '@vsmcp/vsm';
import { type Command, Option } from 'commander';
import { stringify } from 'yaml';

interface TokenOptions {
  may?: AgentGrant[];
  json?: true;
}

/** `vsmcp token make` */
export function token(vsmcp: Command): void {
  const group = vsmcp.command('token').description('tokens of agents, which speak MCP to the gateway');
  group
    .command('make')
    .argument('<agent>', 'its name, as the journal will have it')
    .addOption(new Option('--may <grants...>', 'what it may have done').choices(AgentGrant.options))
    .option('--json', 'print both as JSON')
    .description('make a token, and the lines of vsmcp.yaml that know its agent by it; nothing is written')
    .addHelpText(
      'after',
      `
Examples:
  vsmcp token make planner
  vsmcp token make planner --may find_tool call_safe events_publish`,
    )
    .action((agent: string, { may = [...USUAL_GRANTS], json }: TokenOptions) => {
      const name = UnitName.safeParse(agent);
      if (!name.success || agent === ANYONE) {
        const expected =
          agent === ANYONE ? 'another name: anyone is who sends no token' : name.error?.issues[0]?.message;
        throw new VsmError('VSM_USAGE', `got ${agent}, expected ${expected}`);
      }
      const secret = randomBytes(32).toString('base64url');
      const hash = createHash('sha256').update(secret).digest('hex');
      const lines = { gateway: { agents: { [agent]: { token: hash, may } } } };
      process.stdout.write(
        json
          ? `${JSON.stringify({ agent, token: secret, sha256: hash, config: lines }, null, 2)}\n`
          : `The token of ${agent}. It is shown this once: keep it where ${agent} reads it.

  VSMCP_TOKEN=${secret}

Its hash, for vsmcp.yaml:

${stringify(lines, { lineWidth: 0 })}`,
      );
    });
}
