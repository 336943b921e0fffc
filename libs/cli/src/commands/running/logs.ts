import { watch } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { VsmError } from '@vsmcp/vsm';
import { type Command, InvalidArgumentError } from 'commander';
import { interrupted } from '../../signal.js';

interface LogsOptions {
  follow?: true;
  lines: number;
}

/** Most bytes that are read of a log's end. */
const MOST = 4 * 1024 * 1024;

/** `vsmcp logs` */
export function logs(vsmcp: Command): void {
  vsmcp
    .command('logs')
    .argument('[service]', 'only the log whose name begins so: fleet, or with --processes gateway, system3-control …')
    .option('--follow', 'go on with what is written from now on, until Ctrl-C')
    .option('--lines <n>', 'of the end of each', whole, 40)
    .description('the logs of the fleet that runs here, which are JSON lines in its data folder')
    .addHelpText(
      'after',
      `
Examples:
  vsmcp logs
  vsmcp logs --follow | jq -r '[.time, .msg] | join(" ")'
  vsmcp logs system1 --lines 200`,
    )
    .action(async (service: string | undefined, { follow, lines }: LogsOptions) => {
      const { readRuntime } = await import('@vsmcp/service');
      const folder = join(readRuntime(process.env, process.cwd()).dataDir, 'logs');
      const files = (await readdir(folder).catch(() => [])).filter(
        (name) => name.endsWith('.log') && name.startsWith(service ?? ''),
      );
      if (files.length === 0) {
        const which = service === undefined ? 'logs' : `log that begins with ${service}`;
        const mend = 'start a fleet here with vsmcp up, or set VSMCP_DATA_DIR to where its state is';
        throw new VsmError(
          'VSM_NOT_FOUND',
          `there is no ${which} in ${relative(process.cwd(), folder) || folder}; ${mend}`,
        );
      }
      const read = await Promise.all(files.sort().map((name) => endOf(join(folder, name), lines)));
      for (const [i, { text }] of read.entries()) {
        if (files.length > 1) process.stdout.write(`==> ${files[i]} <==\n`);
        process.stdout.write(text);
      }
      if (follow) await followAll(files.map((name, i) => ({ file: join(folder, name), from: read[i]?.size ?? 0 })));
    });
}

function whole(text: string): number {
  const n = Number(text);
  if (!Number.isInteger(n) || n < 1) throw new InvalidArgumentError('a whole number from 1');
  return n;
}

async function endOf(file: string, lines: number): Promise<{ text: string; size: number }> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    const length = Math.min(size, MOST);
    const { buffer } = await handle.read(Buffer.alloc(length), 0, length, size - length);
    const all = buffer.toString('utf8').split('\n');
    return { text: all.slice(-lines - 1).join('\n'), size };
  } finally {
    await handle.close();
  }
}

/**
 * Writes what is added to the files, until the command is interrupted. A file that was begun anew is read from its
 * beginning.
 */
async function followAll(files: readonly { file: string; from: number }[]): Promise<void> {
  const stop = interrupted();
  await Promise.all(
    files.map(async ({ file, from }) => {
      let at = from;
      let last = Promise.resolve();
      const more = async () => {
        const handle = await open(file);
        try {
          const { size } = await handle.stat();
          if (size < at) at = 0;
          const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - at), 0, size - at, at);
          at += bytesRead;
          process.stdout.write(buffer.subarray(0, bytesRead));
        } finally {
          await handle.close();
        }
      };
      const watcher = watch(file, () => {
        last = last.then(more).catch(() => undefined); // it may be gone for a moment; the next change reads again
      });
      await new Promise<void>((resolve) => stop.addEventListener('abort', () => resolve(), { once: true }));
      watcher.close();
      await last;
    }),
  );
}
