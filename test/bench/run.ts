/**
 * Figures of the fleet's parts, each beside what it is compared with in the same run. Printed, never asserted.
 * npm run bench -- coordination [--json]
 */
import { bargaining } from './bargain.js';
import { coordination } from './coordination.js';
import { notedEvents } from './operations/events.js';
import { framesIntoAccounting } from './operations/frames.js';
import { toolCalls } from './operations/tools.js';
import { signing } from './signing.js';
import { type Bench, machine, report } from './support/report.js';
import { units } from './units.js';

/** The name `operations` means all of these. */
const OPERATIONS = {
  'operations-units': units,
  'operations-tools': toolCalls,
  'operations-events': notedEvents,
  'operations-frames': framesIntoAccounting,
};
const BENCHES: Record<string, Bench> = { bargain: bargaining, coordination, ...OPERATIONS, signing };

const words = process.argv.slice(2);
const names = words
  .filter((word) => !word.startsWith('--'))
  .flatMap((word) => (word === 'operations' ? Object.keys(OPERATIONS) : [word]));
const json = words.includes('--json');
const unknown = names.filter((name) => !(name in BENCHES));
if (names.length === 0 || unknown.length > 0 || words.some((word) => word.startsWith('--') && word !== '--json')) {
  process.stderr.write(`npm run bench -- operations|${Object.keys(BENCHES).join('|')} [--json]\n`);
  process.exitCode = 64;
} else {
  const reports = [];
  for (const name of names) {
    const figures = await BENCHES[name]?.();
    if (!figures) continue;
    reports.push({ bench: name, figures });
    if (!json) process.stdout.write(report([{ bench: name, figures }]));
  }
  if (json) process.stdout.write(`${JSON.stringify({ machine: machine(), reports }, null, 2)}\n`);
}
