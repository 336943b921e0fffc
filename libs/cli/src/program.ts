import { Command } from 'commander';
import { algedonic } from './commands/events/algedonic.js';
import { answer } from './commands/events/answer.js';
import { events } from './commands/events/events.js';
import { held } from './commands/events/held.js';
import { operations } from './commands/events/operations.js';
import { outcomes } from './commands/events/outcomes.js';
import { doctor } from './commands/running/doctor.js';
import { importCommand } from './commands/running/import.js';
import { init } from './commands/running/init.js';
import { lab } from './commands/running/lab.js';
import { logs } from './commands/running/logs.js';
import { mcp } from './commands/running/mcp.js';
import { token } from './commands/running/token.js';
import { topology } from './commands/running/topology.js';
import { up } from './commands/running/up.js';
import { validate } from './commands/running/validate.js';
import { capabilities } from './commands/steering/capabilities.js';
import { decisions } from './commands/steering/decisions.js';
import { units } from './commands/steering/units.js';
import { control } from './commands/watching/control.js';
import { coordination } from './commands/watching/coordination.js';
import { inspect } from './commands/watching/inspect.js';
import { journal } from './commands/watching/journal.js';
import { repl } from './commands/watching/repl.js';
import { status } from './commands/watching/status.js';
import { tail } from './commands/watching/tail.js';
import { top } from './commands/watching/top.js';
import { variety } from './commands/watching/variety.js';

/** The `vsmcp` command with all it can do; each file of `commands/` adds one. */
export function program(): Command {
  const vsmcp = new Command('vsmcp')
    .description('A viable system: events in, answers out, and tools acquired for what nothing answers yet.')
    .exitOverride()
    .showHelpAfterError('(--help shows how it is used)')
    .addHelpText(
      'after',
      `
\`up\`, \`init\`, \`import\`, \`validate\`, \`token\`, \`doctor\`, \`logs\`, \`topology\` and \`lab\` work here; the others speak to the fleet at VSMCP_URL
(http://127.0.0.1:4010 unless set).

Examples:
  vsmcp doctor                    is all here that a fleet needs, and how to mend it
  vsmcp up                        run the fleet of ./vsmcp.yaml
  vsmcp status                    is it viable, and why not
  vsmcp answer desk/inbox/a.md --wait what became of a file that was dropped
  vsmcp held list --reason parked what waits, and for what
  vsmcp decisions approve         say yes to what asks
  vsmcp tail                      what happens, a line each`,
    );
  for (const add of [
    up,
    status,
    variety,
    units,
    capabilities,
    operations,
    events,
    held,
    outcomes,
    answer,
    journal,
    decisions,
    algedonic,
    top,
    tail,
    inspect,
    repl,
    coordination,
    control,
    mcp,
    doctor,
    logs,
    init,
    importCommand,
    validate,
    token,
    topology,
    lab,
  ]) {
    add(vsmcp);
  }
  return vsmcp;
}
