import { openNpm } from '@vsmcp/mcp';
import { lookAtBroker } from './broker.js';
import { lookAtClock } from './clock.js';
import { lookAtConfig } from './config.js';
import { lookAtConfinement } from './confinement.js';
import { lookAtCookie } from './cookie.js';
import { lookAtEmbedded, lookAtPostgres } from './database.js';
import type { Check } from './finding.js';
import { lookAtRunning } from './fleet.js';
import { lookAtFolders } from './folders.js';
import { judgeNode } from './node.js';
import { lookAtNpm } from './npm.js';
import { lookAtPorts } from './ports.js';
import { lookAtRegistries } from './registries.js';
import type { Situation } from './situation.js';

/** ms: what asks this machine or a neighbour, and what starts programs or goes far. */
const SHORT = 6000;
const LONG = 10_000;

/** The checks of doctor, in the order in which they are told. */
export const CHECKS: readonly Check<Situation>[] = [
  { name: 'node', patience: SHORT, look: async () => [judgeNode(process.versions.node)] },
  { name: 'config', patience: SHORT, look: lookAtConfig },
  { name: 'folders', patience: SHORT, look: lookAtFolders },
  { name: 'ports', patience: SHORT, look: lookAtPorts },
  { name: 'broker', patience: LONG, look: lookAtBroker },
  { name: 'cookie', patience: SHORT, look: lookAtCookie },
  { name: 'database', patience: SHORT, look: lookAtPostgres },
  // its engine runs in this very thread
  { name: 'database', patience: LONG, alone: true, look: lookAtEmbedded },
  { name: 'clock', patience: SHORT, look: lookAtClock },
  { name: 'confinement', patience: LONG, look: lookAtConfinement },
  { name: 'npm', patience: LONG, look: (situation) => lookAtNpm(situation, () => openNpm()) },
  { name: 'registry', patience: LONG, look: lookAtRegistries },
  { name: 'fleet', patience: SHORT, look: lookAtRunning },
];
