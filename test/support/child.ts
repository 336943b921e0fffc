import { type ChildProcess, spawn } from 'node:child_process';

/** A process group that ends with us. */
export class Child {
  #process: ChildProcess | undefined;
  #output = '';
  readonly #command: string;
  readonly #args: readonly string[];
  readonly #env: NodeJS.ProcessEnv;

  constructor(command: string, args: readonly string[], env: NodeJS.ProcessEnv) {
    this.#command = command;
    this.#args = args;
    this.#env = env;
    process.once('exit', () => this.#signal('SIGKILL'));
  }

  get ended(): boolean {
    return !this.#process?.pid || this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  get output(): string {
    return this.#output;
  }

  start(): void {
    this.#output = '';
    const child = spawn(this.#command, this.#args, {
      env: this.#env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const keep = (chunk: Buffer): void => {
      this.#output = (this.#output + chunk.toString()).slice(-4000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', (error) => keep(Buffer.from(error.message)));
    this.#process = child;
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process;
    if (!child || this.ended) return;
    const exit = new Promise((resolve) => child.once('exit', resolve));
    this.#signal(signal);
    await exit;
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.ended || !this.#process?.pid) return;
    process.kill(-this.#process.pid, signal);
  }
}
