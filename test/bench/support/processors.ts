import { readdir, readFile } from 'node:fs/promises';

/** Processor time told apart: this process, and others by a word of their command lines. */
export type Others = Readonly<Record<string, string>>;

/** µs of processor time that work took, by who spent them: `here` and the names of the others. */
export type Spent = Record<string, number>;

/**
 * Does some work and tells the processor time of it; without `/proc`, only that of this process. Who ends meanwhile is
 * left out.
 */
export async function spending<T>(others: Others, work: () => Promise<T>): Promise<{ done: T; spent: Spent }> {
  const before = await timesOf(others);
  const since = process.cpuUsage();
  const done = await work();
  const { user, system } = process.cpuUsage(since);
  const spent: Spent = { here: user + system };
  for (const [pid, { name, time }] of await timesOf(others)) {
    spent[name] = (spent[name] ?? 0) + time - (before.get(pid)?.time ?? 0);
  }
  return { done, spent };
}

/** Process id → its name among the others, and its time so far. */
async function timesOf(others: Others): Promise<Map<string, { name: string; time: number }>> {
  const times = new Map<string, { name: string; time: number }>();
  if (process.platform !== 'linux') return times;
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  for (const pid of pids) {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''); // it has ended
    const name = Object.keys(others).find((each) => command.includes(others[each] ?? ''));
    if (name !== undefined) times.set(pid, { name, time: await timeOf(pid) });
  }
  return times;
}

/** User and system time of a process so far, in µs; not a number where the system does not say. */
export async function timeOf(pid: string): Promise<number> {
  if (process.platform !== 'linux') return Number.NaN;
  // proc(5): in hundredths of a second, behind the name, which may hold anything
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ''); // it has ended
  const [, fields = ''] = stat.split(/\) (?=[A-Z] )/);
  const [user = 0, system = 0] = fields.split(' ').slice(11, 13).map(Number);
  return (user + system) * 10_000;
}
