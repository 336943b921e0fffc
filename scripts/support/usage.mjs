/**
 * Loaded into a test's process by `npm test -- --record`: leaves in a file what the process and its children took of
 * the processors.
 */
import { readFileSync, writeFileSync } from 'node:fs';

/** Clock ticks in a second, as Linux counts in /proc everywhere. */
const TICKS = 100;

process.once('exit', () => {
  const file = process.env.VSMCP_TEST_USAGE;
  if (!file) return;
  const stat = readFileSync('/proc/self/stat', 'utf8');
  // proc_pid_stat(5): utime, stime, and those of children that were waited for, are fields 14 to 17; the name, field 2,
  // may hold blanks
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  writeFileSync(file, String(ticks / TICKS));
});
