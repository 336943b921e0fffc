import type { Command } from 'commander';
import { Ended } from '../../ended.js';

/** `vsmcp doctor` */
export function doctor(vsmcp: Command): void {
  vsmcp
    .command('doctor')
    .description('look at all that a fleet needs here, and say how to mend what is wrong')
    .option('--config <file>', 'the configuration (VSMCP_CONFIG, or ./vsmcp.yaml)')
    .option('--json', 'print the findings as JSON')
    .addHelpText(
      'after',
      `
It changes nothing. Ends with 0 when all is well, 3 when there are only warnings, 1 when something keeps the fleet from its work.

Examples:
  vsmcp doctor
  VSMCP_AMQP_URL=amqp://guest:guest@127.0.0.1:5672 vsmcp doctor
  vsmcp doctor --json | jq '.findings[] | select(.state != "ok")'`,
    )
    .action(async ({ config, json }: { config?: string; json?: true }) => {
      // it looks with the parts that the services use: loaded only here
      const [{ CHECKS }, { examine, exitCodeOf }, { situationOf }, { render }] = await Promise.all([
        import('../../doctor/checks.js'),
        import('../../doctor/finding.js'),
        import('../../doctor/situation.js'),
        import('../../doctor/render.js'),
      ]);
      const found = await examine(CHECKS, await situationOf(process.env, process.cwd(), config));
      const exitCode = exitCodeOf(found);
      const text = json ? JSON.stringify({ ok: exitCode === 0, exitCode, findings: found }, null, 2) : render(found);
      process.stdout.write(`${text}\n`);
      if (exitCode !== 0) throw new Ended(exitCode);
    });
}
