/**
 * Figures of the fleet's parts, each beside what it is compared with in the same run. Printed, never asserted.
 * npm run bench -- coordination [--json]; --list prints the names of the parts.
 */
import { type Bench, machine, report } from './support/report.js';

/** Each is loaded only when it runs: at an older commit not all may load. */
const BENCHES: Record<string, () => Promise<Bench>> = {
  bargain: async () => (await import('./bargain.js')).bargaining,
  coordination: async () => (await import('./coordination.js')).coordination,
  'operations-units': async () => (await import('./units.js')).units,
  'operations-tools': async () => (await import('./operations/tools.js')).toolCalls,
  'operations-events': async () => (await import('./operations/events.js')).notedEvents,
  'operations-frames': async () => (await import('./operations/frames.js')).framesIntoAccounting,
  signing: async () => (await import('./signing.js')).signing,
};
/** The name `operations` means all of these. */
const OPERATIONS = Object.keys(BENCHES).filter((name) => name.startsWith('operations-'));

const words = process.argv.slice(2);
const names = words
  .filter((word) => !word.startsWith('--'))
  .flatMap((word) => (word === 'operations' ? OPERATIONS : [word]));
const json = words.includes('--json');
const unknown = names.filter((name) => !(name in BENCHES));
if (words.includes('--list')) {
  process.stdout.write(
    Object.keys(BENCHES)
      .map((name) => `${name}\n`)
      .join(''),
  );
} else if (
  names.length === 0 ||
  unknown.length > 0 ||
  words.some((word) => word.startsWith('--') && word !== '--json')
) {
  process.stderr.write(`npm run bench -- operations|${Object.keys(BENCHES).join('|')} [--json]\n`);
  process.exitCode = 64;
} else {
  const reports = [];
  for (const name of names) {
    const bench = await BENCHES[name]?.();
    if (!bench) continue;
    const figures = await bench();
    reports.push({ bench: name, figures });
    if (!json) process.stdout.write(report([{ bench: name, figures }]));
  }
  if (json) process.stdout.write(`${JSON.stringify({ machine: machine(), reports }, null, 2)}\n`);
}
