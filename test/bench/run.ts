/**
 * Figures of the fleet's parts, each beside what it is compared with in the same run. Printed, never asserted.
 * npm run bench -- coordination [--json]
 */
import { bargaining } from './bargain.js';
import { coordination } from './coordination.js';
import { notedEvents } from './operations/events.js';
import { framesIntoAccounting } from './operations/frames.js';
import { toolCalls } from './operations/tools.js';
import { operations } from './operations.js';
import { signing } from './signing.js';
import { type Bench, machine, report } from './support/report.js';
import { units } from './units.js';

const PARTS = { events: notedEvents, frames: framesIntoAccounting, tools: toolCalls, units };
/** `operations` is its parts together. */
const BENCHES: Record<string, Bench> = { bargain: bargaining, coordination, operations, signing, ...PARTS };

const words = process.argv.slice(2);
const names = words.filter((word) => !word.startsWith('--'));
const json = words.includes('--json');
const unknown = names.filter((name) => !(name in BENCHES));
if (names.length === 0 || unknown.length > 0 || words.some((word) => word.startsWith('--') && word !== '--json')) {
  process.stderr.write(`npm run bench -- ${Object.keys(BENCHES).join('|')} [--json]\n`);
  process.exitCode = 64;
} else {
  const reports = [];
  for (const name of names) {
    const figures = await BENCHES[name]?.();
    if (figures) reports.push({ bench: name, figures });
  }
  process.stdout.write(json ? `${JSON.stringify({ machine: machine(), reports }, null, 2)}\n` : report(reports));
}
