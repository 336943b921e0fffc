import { readdir, readFile, readlink } from 'node:fs/promises';

/** Inodes of the sockets that listen on a port, out of the text of /proc/net/tcp or tcp6. */
export function listenersIn(text: string, port: number): string[] {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0');
  return text
    .split('\n')
    .map((each) => each.trim().split(/\s+/))
    .filter(([, local, , state]) => state === '0A' && local?.split(':')[1] === wanted)
    .flatMap((fields) => fields[9] ?? []);
}

/** Which process listens on a port: `812 (nginx)`. Undefined where this system does not tell, or not this user. */
export async function listenerOn(port: number): Promise<string | undefined> {
  const tables = await Promise.all(
    ['tcp', 'tcp6'].map((name) => readFile(`/proc/net/${name}`, 'utf8').catch(() => '')),
  );
  const sockets = new Set(tables.flatMap((text) => listenersIn(text, port)).map((inode) => `socket:[${inode}]`));
  if (sockets.size === 0) return undefined;
  for (const pid of await readdir('/proc').catch(() => [])) {
    if (!/^\d+$/.test(pid)) continue;
    // processes of other users, and those that end meanwhile, do not tell
    for (const handle of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
      if (!sockets.has(await readlink(`/proc/${pid}/fd/${handle}`).catch(() => ''))) continue;
      const command = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '');
      return `${pid} (${command.trim() || '?'})`;
    }
  }
  return undefined;
}
