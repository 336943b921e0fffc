import { Command } from 'commander';
import { algedonic } from './commands/algedonic.js';
import { capabilities } from './commands/capabilities.js';
import { control } from './commands/control.js';
import { coordination } from './commands/coordination.js';
import { decisions } from './commands/decisions.js';
import { doctor } from './commands/doctor.js';
import { events } from './commands/events.js';
import { held } from './commands/held.js';
import { importCommand } from './commands/import.js';
import { init } from './commands/init.js';
import { inspect } from './commands/inspect.js';
import { journal } from './commands/journal.js';
import { lab } from './commands/lab.js';
import { mcp } from './commands/mcp.js';
import { operations } from './commands/operations.js';
import { repl } from './commands/repl.js';
import { status } from './commands/status.js';
import { tail } from './commands/tail.js';
import { top } from './commands/top.js';
import { topology } from './commands/topology.js';
import { units } from './commands/units.js';
import { up } from './commands/up.js';
import { validate } from './commands/validate.js';
import { variety } from './commands/variety.js';

/** The `vsmcp` command with all it can do; each file of `commands/` adds one. */
export function program(): Command {
  const vsmcp = new Command('vsmcp')
    .description('A viable system: events in, answers out, and tools acquired for what nothing answers yet.')
    .exitOverride()
    .showHelpAfterError('(--help shows how it is used)')
    .addHelpText(
      'after',
      `
\`up\`, \`init\`, \`import\`, \`validate\`, \`doctor\`, \`topology\` and \`lab\` work here; the others speak to the fleet at VSMCP_URL
(http://127.0.0.1:4010 unless set).

Examples:
  vsmcp doctor                    is all here that a fleet needs, and how to mend it
  vsmcp up                        run the fleet of ./vsmcp.yaml
  vsmcp status                    is it viable, and why not
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
    init,
    importCommand,
    validate,
    topology,
    lab,
  ]) {
    add(vsmcp);
  }
  return vsmcp;
}
