import { readdir, readFile } from 'node:fs/promises';

/** Whose processor time is told apart: this process, and others by a word of their command lines. */
export type Others = Readonly<Record<string, string>>;

/** µs of processor time that work took, by who spent them: `here` and the names of the others. */
export type Spent = Record<string, number>;

/** Does some work and tells the processor time of it; without `/proc`, only that of this process. */
export async function spending<T>(others: Others, work: () => Promise<T>): Promise<{ done: T; spent: Spent }> {
  const before = await timesOf(others);
  const since = process.cpuUsage();
  const done = await work();
  const { user, system } = process.cpuUsage(since);
  const after = await timesOf(others);
  const spent: Spent = { here: user + system };
  for (const [name, time] of Object.entries(after)) spent[name] = time - (before[name] ?? 0);
  return { done, spent };
}

async function timesOf(others: Others): Promise<Spent> {
  if (process.platform !== 'linux') return {};
  const spent = Object.fromEntries(Object.keys(others).map((name) => [name, 0]));
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  for (const pid of pids) {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''); // it has ended
    const name = Object.keys(others).find((each) => command.includes(others[each] ?? ''));
    if (name !== undefined) spent[name] = (spent[name] ?? 0) + (await timeOf(pid));
  }
  return spent;
}

/** User and system time, in hundredths of a second, stand behind the name, which may hold anything: proc(5). @returns µs */
async function timeOf(pid: string): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ''); // it has ended
  const [, fields = ''] = stat.split(/\) (?=[A-Z] )/);
  const [user = 0, system = 0] = fields.split(' ').slice(11, 13).map(Number);
  return (user + system) * 10_000;
}
