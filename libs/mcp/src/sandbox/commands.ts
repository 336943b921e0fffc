import type { Confinement } from '@vsmcp/vsm';
import { bubblewrap } from './bubblewrap.js';
import type { Command, Confiners, Launch } from './launch.js';
import { limited, tied } from './limits.js';
import { namespace } from './namespace.js';
import { nodeFlags, permissionFlags } from './permission.js';

/** The command that starts a server at a rung. */
export const COMMANDS: Record<Confinement, (launch: Launch, confiners: Confiners) => Command> = {
  bubblewrap,
  namespace,
  permission: (launch, confiners) =>
    command([
      ...tied(confiners),
      ...limited(launch, confiners, false),
      launch.node,
      ...nodeFlags(launch),
      ...permissionFlags(launch),
      ...launch.script,
    ]),
  none: (launch, confiners) =>
    command([
      ...tied(confiners),
      ...limited(launch, confiners, false),
      launch.node,
      ...nodeFlags(launch),
      ...launch.script,
    ]),
};

function command([file = '', ...args]: readonly string[]): Command {
  return { file, args };
}
