import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { putEmbedded } from './embedded.js';
import { putInstalled } from './installed.js';
import { freePort } from './ports.js';
import { until } from './until.js';

/** The `vsmcp` command. */
export const VSMCP = fileURLToPath(new URL('../../libs/cli/bin/vsmcp.js', import.meta.url));

/** A fleet as its user runs it: `vsmcp up` as a process, with a folder and ports of its own. */
export interface Up {
  readonly home: string;
  readonly url: string;
  readonly pid: number;
  /** All that it printed so far. */
  output(): string;
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body: object): Promise<T>;
  /** Runs `vsmcp` against it. */
  vsmcp(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }>;
  /** Process ids of a service's replicas (with `--processes`). */
  pids(folder: string): Promise<number[]>;
  /** Ctrl-C; resolves with the exit code. */
  stop(): Promise<number | null>;
}

export interface UpOptions {
  config: string;
  broker?: string;
  args?: string[];
  env?: Record<string, string>;
  /** Files below the fleet's folder. */
  files?: Record<string, string>;
  /** Makes its database itself, as a first start does; else one is put there, which takes less time. */
  first?: true;
  /** Packages of servers that it finds installed, where how they are installed is not what is tested. */
  installed?: readonly string[];
  /** Prepares the folder further. */
  before?: (home: string) => void;
}

/** Starts it and waits until it listens, its servers may not answer yet. The folder goes when the test ends. */
export async function startUp(t: { after(fn: () => Promise<void>): void }, options: UpOptions): Promise<Up> {
  const home = await mkdtemp(join(tmpdir(), 'vsmcp-up-'));
  await writeFile(join(home, 'vsmcp.yaml'), options.config);
  for (const [name, text] of Object.entries(options.files ?? {})) {
    await mkdir(join(home, name, '..'), { recursive: true });
    await writeFile(join(home, name), text);
  }
  if (!options.first) await putEmbedded(join(home, '.vsmcp/database'));
  if (options.installed) await putInstalled(join(home, '.vsmcp'), options.installed);
  options.before?.(home);
  const port = await freePort();
  const env = {
    ...process.env,
    NODE_TEST_CONTEXT: undefined,
    NODE_OPTIONS: undefined,
    VSMCP_MCP_PORT: String(port),
    VSMCP_METRICS_PORT: String(await freePort()),
    VSMCP_URL: `http://127.0.0.1:${port}`,
    ...options.env,
  };
  const broker = options.broker === undefined ? [] : ['--broker', options.broker, '--processes'];
  const child = spawn(process.execPath, [VSMCP, 'up', ...broker, ...(options.args ?? [])], {
    cwd: home,
    env: options.broker === undefined ? { ...env, VSMCP_AMQP_ENABLED: 'false' } : env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
  const up: Up = {
    home,
    url: `http://127.0.0.1:${port}`,
    pid: child.pid ?? 0,
    output: () => output,
    get: async (path) => json(await fetch(`http://127.0.0.1:${port}${path}`)),
    post: async (path, body) =>
      json(
        await fetch(`http://127.0.0.1:${port}${path}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        }),
      ),
    vsmcp: (...args) => run(process.execPath, [VSMCP, ...args], home, env),
    pids: (folder) => childrenOf(child.pid ?? 0, join('services', folder, 'dist')),
    stop: () => end(child),
  };
  t.after(async () => {
    await end(child);
    if (process.env.VSMCP_TEST_KEEP) process.stderr.write(`kept ${home}\n${output}\n`);
    else await rm(home, { recursive: true, force: true });
  });
  await until(() => (child.exitCode === null ? output.includes('listens ·') : fail(output)), {
    timeout: 120_000,
    what: 'vsmcp up listens',
  }).catch((error: Error) => fail(`${error.message}\n${output}`));
  return up;
}

function fail(output: string): never {
  throw new Error(`vsmcp up did not become ready:\n${output}`);
}

async function json<T>(response: Response): Promise<T> {
  const text = await response.text();
  if (!response.ok) throw new Error(`HTTP ${response.status}: ${text}`);
  return JSON.parse(text) as T;
}

export function run(
  command: string,
  args: string[],
  cwd: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => (stdout += String(chunk)));
    child.stderr.on('data', (chunk) => (stderr += String(chunk)));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** Children of a process whose command line holds `text`, from /proc. */
export async function childrenOf(parent: number, text: string): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '');
    if (Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) !== parent) continue;
    const command = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
    if (command.includes(text) && (await readlink(`/proc/${name}/exe`).catch(() => ''))) found.push(Number(name));
  }
  return found;
}

async function end(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill('SIGINT');
    await until(() => child.exitCode !== null || child.signalCode !== null, {
      timeout: 60_000,
      what: 'vsmcp up ends',
    }).catch(() => child.kill('SIGKILL'));
  }
  return child.exitCode;
}

/** All processes below a process whose command line holds `text`. */
export async function descendantsOf(parent: number, text: string): Promise<number[]> {
  const children = await childrenOf(parent, '');
  const below = await Promise.all(children.map((child) => descendantsOf(child, text)));
  return [...new Set([...(await childrenOf(parent, text)), ...below.flat()])];
}

/** True when a program is installed here. */
export function installed(path: string): boolean {
  return existsSync(path);
}
