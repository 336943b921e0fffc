import type { Confinement } from '@vsmcp/vsm';
import { bubblewrap } from './bubblewrap.js';
import type { Command, Confiners, Launch } from './launch.js';
import { limited, tied } from './limits.js';
import { namespace } from './namespace.js';
import { mainOf, permissionFlags } from './permission.js';

/** The command that starts a server at a rung. */
export const COMMANDS: Record<Confinement, (launch: Launch, confiners: Confiners) => Command> = {
  bubblewrap,
  namespace,
  permission: (launch, confiners) => within(launch, confiners, permissionFlags(launch)),
  none: (launch, confiners) => within(launch, confiners, []),
};

function within(launch: Launch, confiners: Confiners, flags: readonly string[]): Command {
  const [file = '', ...args] = [...tied(confiners), ...limited(launch, confiners, false), ...mainOf(launch, flags)];
  return { file, args };
}
