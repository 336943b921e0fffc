import { readFileSync } from 'node:fs';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Clock, Confinement, Grants } from '@vsmcp/vsm';
import { CACHE } from '../../../test/support/cache.js';
import { openMcpHost } from '../src/index.js';

export const clock: Clock = {
  now: () => Date.now(),
  after(ms, task) {
    const timer = setTimeout(task, ms);
    return () => clearTimeout(timer);
  },
  every(ms, task) {
    const timer = setInterval(task, ms);
    return () => clearInterval(timer);
  },
};

export interface Line {
  level: 'debug' | 'info' | 'warn';
  fields: object;
  message: string;
}

/** A log that keeps its lines. */
export function keptLog() {
  const lines: Line[] = [];
  const at = (level: Line['level']) => (fields: object, message: string) => {
    lines.push({ level, fields, message });
  };
  return { lines, debug: at('debug'), info: at('info'), warn: at('warn') };
}

export const quiet = { debug() {}, info() {}, warn() {} };

/** A folder that goes with the test. */
export async function temporary(t: TestContext): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'vsmcp-mcp-')));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export const cachedHost = (confinement?: Confinement) =>
  openMcpHost({ dataDir: CACHE, log: quiet, clock, ...(confinement && { confinement }) });

export const grants = (some: Partial<Grants> = {}): Grants => ({
  reads: [],
  writes: [],
  runs: [],
  network: false,
  hosts: [],
  ...some,
});

/** Resolves once `holds` does; rejects after 10 s. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 1000; tries++) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('it did not come about within 10 s');
}

/** True while a process exists and is not only waiting to be reaped. */
export function running(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
