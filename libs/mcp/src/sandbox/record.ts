import { createReadStream, existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Attempts } from '@vsmcp/vsm';
import type { Command } from './launch.js';
import { attemptsOf, type Refused, Trace, traced } from './trace.js';

/** Most refusals that are looked at: a server could try without end. */
const MOST = 100_000;

export interface Recording {
  /** The command, watched. */
  around(command: Command): Command;
  /** The attempts; to be asked once, when it is gone. */
  attempts(): Promise<Attempts>;
}

/**
 * Records from outside what a server tries to reach and is refused, so that it shows for native code and programs too.
 * Where the server writes is nowhere near the record.
 * @param bin the file that node runs; @param folders what the server has
 */
export async function openRecording(
  strace: string,
  { bin, folder, folders, dataDir }: { bin: string; folder: string; folders: readonly string[]; dataDir: string },
): Promise<Recording> {
  const place = await mkdtemp(join(tmpdir(), 'vsmcp-trace-'));
  const path = join(place, 'calls');
  return {
    around({ file, args }) {
      const [program = '', ...words] = [...traced(strace, path), file, ...args];
      return { file: program, args: words };
    },
    async attempts() {
      try {
        const begun = (words: readonly string[]) =>
          /(?:^|\/)node$/.test(words[0] ?? '') &&
          words.includes(bin) &&
          !words.some((word) => word.endsWith('launch.mjs'));
        return attemptsOf(await refusals(path, new Trace(begun, folder)), { folders, dataDir, exists: existsSync });
      } finally {
        await rm(place, { recursive: true, force: true });
      }
    },
  };
}

async function refusals(path: string, trace: Trace): Promise<Refused[]> {
  if (!existsSync(path)) return [];
  const found: Refused[] = [];
  const input = createReadStream(path, 'latin1');
  for await (const line of createInterface({ input })) {
    found.push(...trace.read(line));
    if (found.length > MOST) break;
  }
  input.destroy();
  return found;
}
