import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { realClock } from '@vsmcp/service';
import type { Sensed } from '../../src/senses/sense.js';

/** A temporary home and what the senses in it say. */
export async function ear() {
  const home = await mkdtemp(join(tmpdir(), 'vsmcp-sense-'));
  const heard: Sensed[] = [];
  const troubles: string[] = [];
  const known = new Set<string>();
  const around = {
    home,
    clock: realClock,
    tell: async (sensed: Sensed) => {
      heard.push(sensed);
    },
    trouble: (text: string) => {
      troubles.push(text);
    },
    known,
    remember: async (path: string) => {
      known.add(path);
    },
    epoch: 1,
  };
  return { home, heard, troubles, around };
}
