import { spawn } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { speaksAmqp } from './ports.js';
import { rabbitServer } from './rabbit-node.js';

const USUAL_PORT = 5672;

/** True where tests on AMQP can run at all. */
export async function hasBroker(): Promise<boolean> {
  return Boolean(process.env.VSMCP_AMQP_URL) || rabbitServer() !== undefined || (await speaksAmqp(USUAL_PORT));
}

/**
 * A broker for tests: the one of VSMCP_AMQP_URL, else the one on this machine's usual port, else a private one that all
 * test files of this run share and that ends with the run. Tests keep apart by a path of their own and remove what they
 * declared.
 */
export async function brokerUrl(): Promise<string> {
  const given = process.env.VSMCP_AMQP_URL;
  if (given) return given;
  if (await speaksAmqp(USUAL_PORT)) return `amqp://guest:guest@127.0.0.1:${USUAL_PORT}`;
  return shared();
}

/**
 * Under node's test runner each file is a process of its own; the runner is their parent, and lives as long as the run.
 * `npm test` has a runner for each file, and says by VSMCP_TEST_RUN which process lives as long as the run.
 */
async function shared(): Promise<string> {
  const run = Number(process.env.VSMCP_TEST_RUN) || (process.env.NODE_TEST_CONTEXT ? process.ppid : process.pid);
  const folder = join(tmpdir(), `vsmcp-rabbit-run-${run}`);
  const said = join(folder, 'url');
  if (await isFirst(folder)) {
    const keeper = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), keeperPath, folder, String(run)], {
      detached: true,
      stdio: 'ignore',
      env: { ...process.env, NODE_TEST_CONTEXT: '' },
    });
    keeper.once('error', (error) => void writeFile(said, `failed: ${error.message}`));
    keeper.unref();
  }
  for (;;) {
    const answer = await readFile(said, 'utf8').catch(() => '');
    if (answer.startsWith('amqp:')) return answer;
    if (answer) throw new Error(`no broker for the tests: ${answer}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const keeperPath = fileURLToPath(new URL('./rabbit-keeper.ts', import.meta.url));

/** Making a folder is the one thing that only one process can be the first to do. */
async function isFirst(folder: string): Promise<boolean> {
  try {
    await mkdir(folder);
    return true;
  } catch {
    return false;
  }
}
