import { statfs } from 'node:fs/promises';
import { availableParallelism, freemem, hostname, loadavg, totalmem } from 'node:os';
import type { Clock } from '@vsmcp/vsm';
import { looking, type Tell, type Trouble } from './sense.js';

const GIB = 2 ** 30;
const round = (value: number, digits: number) => Number(value.toFixed(digits));

/** How much of this machine is used: load (processes that run or wait, of cores), memory and disk (GiB). */
export async function measureHost(folder: string): Promise<Record<string, { used: number; of: number; unit: string }>> {
  const disk = await statfs(folder);
  const of = disk.blocks * disk.bsize;
  return {
    'host.load': { used: round(loadavg()[0] ?? 0, 2), of: availableParallelism(), unit: 'cores' },
    'host.memory': { used: round((totalmem() - freemem()) / GIB, 2), of: round(totalmem() / GIB, 2), unit: 'GiB' },
    'host.disk': { used: round((of - disk.bavail * disk.bsize) / GIB, 2), of: round(of / GIB, 2), unit: 'GiB' },
  };
}

/** This machine: `host.load`, `host.memory`, `host.disk` {used, of, unit}, every `interval` ms. */
export function openHost(
  interval: number,
  { home, clock, tell, trouble }: { home: string; clock: Clock; tell: Tell; trouble: Trouble },
): () => Promise<void> {
  const source = `/senses/host/${hostname()}`;
  const look = async () => {
    const at = clock.now();
    for (const [type, data] of Object.entries(await measureHost(home)))
      await tell({ source, id: `${type}:${at}`, type, data });
  };
  return looking(clock, Math.max(100, interval), look, trouble);
}
