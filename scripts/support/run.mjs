import { spawn } from 'node:child_process';

/** Seconds between two signs of life of a step that takes long. */
const SIGN_OF_LIFE = 5;

/**
 * Runs one step of setting up, saying what it is and how long it takes; its output is shown only when it fails.
 * @param {string} what for people: `installing the dependencies`
 * @param {string[]} command
 * @param {{ cwd: string, env?: NodeJS.ProcessEnv, signal?: AbortSignal }} options `signal` ends the step, and what it
 * started
 * @returns {Promise<void>} rejects with the step's output when it fails
 */
export async function step(what, command, { cwd, env = process.env, signal }) {
  const start = Date.now();
  const seconds = () => Math.round((Date.now() - start) / 100) / 10;
  say(`${what} …`);
  const alive = setInterval(() => say(`${what} … ${Math.round(seconds())} s`), SIGN_OF_LIFE * 1000);
  try {
    const { code, output } = await run(command, { cwd, env, signal });
    if (code !== 0) throw new Error(`${what} failed (${command.join(' ')}):\n${output.trim()}`);
    say(`${what}: ${seconds()} s`);
  } finally {
    clearInterval(alive);
  }
}

/**
 * Runs a command to its end and returns its exit code with all it wrote. A `signal` makes it a process group, and ends
 * that.
 */
export function run([program, ...args], { cwd, env = process.env, signal: stop }) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: stop !== undefined });
    const end = () => process.kill(-child.pid, 'SIGTERM');
    stop?.addEventListener('abort', end, { once: true });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
    child.on('error', (error) => reject(new Error(`${program} could not be started: ${error.message}`)));
    child.on('close', (code, signal) => {
      stop?.removeEventListener('abort', end);
      resolve({ code: code ?? 1, output: signal ? `${output}\nended by ${signal}` : output });
    });
  });
}

/** Progress goes to stderr, so that what a command prints can be piped. */
export function say(line) {
  process.stderr.write(`vsmcp: ${line}\n`);
}
