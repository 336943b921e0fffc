import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { VsmError } from '@vsmcp/vsm';
import { z } from 'zod';
import { tenths } from '../output.js';
import type { Child, End, Running } from './supervisor.js';

export interface ProcessChild {
  name: string;
  /** The file that node runs. */
  file: string;
  cwd: string;
  env: NodeJS.ProcessEnv;
  /** Where its output goes; begun anew with the first start. */
  log: string;
  /** Told where it answers /ready and /metrics, and undefined when it has ended. */
  answersAt?: (url: string | undefined) => void;
}

const LAST_LINES = 12;
/** Messages of a service to its starter. */
const Told = z.object({ health: z.url() });
const TETHER = fileURLToPath(new URL('../../bin/tether.js', import.meta.url));

/**
 * A child that is a process of its own, with a process group of its own, so that Ctrl-C reaches only the supervisor.
 */
export function processChild(options: ProcessChild): Child {
  const { name, file, cwd, env, log, answersAt = () => {} } = options;
  let starts = 0;
  return {
    name,
    async start() {
      mkdirSync(dirname(log), { recursive: true });
      const output = openSync(log, starts++ === 0 ? 'w' : 'a');
      const child = spawn(process.execPath, ['--import', TETHER, file], {
        cwd,
        env,
        detached: true,
        stdio: ['ignore', output, output, 'ipc'],
      });
      closeSync(output);
      child.on('message', (message) => {
        const told = Told.safeParse(message);
        if (told.success) answersAt(told.data.health);
      });
      child.once('exit', () => answersAt(undefined));
      await spawned(child, name);
      return running(child, log);
    },
  };
}

function spawned(child: ChildProcess, name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (error) =>
      reject(new VsmError('VSM_CONFIG', `${name} could not be started: ${error.message}`, { cause: error })),
    );
  });
}

function running(child: ChildProcess, log: string): Running {
  const ended = new Promise<End>((resolve) => {
    child.once('exit', (code, signal) => {
      const how = signal ? `killed by ${signal}` : `exit code ${code}`;
      resolve({ how, details: `The end of ${log}:\n${lastLines(log)}` });
    });
  });
  return {
    ended,
    async stop(within) {
      child.kill('SIGTERM');
      let killed = false;
      const kill = setTimeout(() => {
        killed = true;
        child.kill('SIGKILL');
      }, within);
      await ended;
      clearTimeout(kill);
      if (killed) {
        throw new VsmError(
          'VSM_TIMEOUT',
          `not done within ${tenths(within / 1000)} s and ended; what was in flight comes again`,
        );
      }
    },
    kill: () => void child.kill('SIGKILL'),
  };
}

function lastLines(log: string): string {
  const lines = readFileSync(log, 'utf8').trimEnd().split('\n').slice(-LAST_LINES);
  return lines.map((line) => `    ${line}`).join('\n');
}
