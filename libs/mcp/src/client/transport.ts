import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { serializeMessage } from '@modelcontextprotocol/sdk/shared/stdio.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import { type Clock, VsmError } from '@vsmcp/vsm';
import { killGroup } from '../run.js';
import { cleanText } from '../text.js';
import { Full } from './full.js';
import { Lines } from './lines.js';
import { CLOSED, type Link } from './link.js';
import { MessageScreen } from './message-screen.js';
import { held, released } from './processes.js';

export interface ServerCommand {
  file: string;
  args: readonly string[];
  cwd: string;
  env: Record<string, string>;
  /** Looks after the process; calls `end` with the reason when it is to be ended. @returns what ends the watch */
  watch?(pid: number, end: (reason: string) => void): () => void;
  /** Gives back what was taken for it; called once, when it is gone or was not started. */
  release?(): Promise<void>;
}

/** Characters kept of what it last wrote to stderr; ms between the steps of ending it. */
const TAIL = 4096;
const GRACE = { stdin: 300, term: 2000, pipes: 500 };

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

/**
 * MCP over the stdio of a process that leads a group of its own. What comes is bounded; the group is ended whole: stdin
 * closed, SIGTERM, after 2 s SIGKILL.
 */
export class ProcessTransport implements Link {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;
  readonly #guard: MessageScreen;
  readonly #lines = new Lines();
  readonly #full = new Full();
  /** The MCP version that was agreed on; the SDK's client says it. */
  protocol = '';
  #child: Child | undefined;
  #stderr = '';
  #reason: string | undefined;
  #deaf = false;
  #gone = false;
  readonly #ended: Promise<void>;
  #end: () => void = () => {};
  #unwatch: (() => void) | undefined;
  #released: Promise<void> | undefined;

  constructor(
    private readonly command: ServerCommand,
    private readonly clock: Clock,
  ) {
    this.#guard = new MessageScreen(clock);
    this.#ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  /** Why it is gone or being ended; undefined while all is well. */
  get reason(): string | undefined {
    return this.#reason;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** The last lines of its stderr, cleaned. */
  get stderr(): string {
    return cleanText(this.#stderr, TAIL).trim();
  }

  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      const child = spawn(this.command.file, this.command.args, {
        cwd: this.command.cwd,
        env: this.command.env,
        detached: true,
        stdio: ['pipe', 'pipe', 'pipe'],
      });
      this.#child = child;
      child.once('spawn', () => {
        if (child.pid !== undefined) {
          held(child.pid);
          this.#unwatch = this.command.watch?.(child.pid, (reason) => this.#fail(reason));
        }
        resolve();
      });
      child.once('error', (error) => {
        this.#reason ??= `it could not be started: ${error.message}`;
        this.#finish();
        reject(error);
      });
      child.once('exit', (code, signal) => this.#exited(code, signal));
      child.once('close', () => this.#finish());
      child.stdin.on('drain', () => this.#full.over());
      child.stdin.on('error', (error) => this.#fail(`its stdin broke: ${error.message}`));
      child.stdout.on('data', (chunk: Buffer) => this.#read(chunk));
      child.stderr.on('data', (chunk: Buffer) => {
        this.#stderr = (this.#stderr + chunk.toString('utf8')).slice(-TAIL);
      });
    });
  }

  /** Resolves when the message is written; a full pipe is waited for. Rejects when nothing was written. */
  async send(message: JSONRPCMessage): Promise<void> {
    const stdin = this.#child?.stdin;
    if (!stdin || this.#reason !== undefined || !stdin.writable) {
      throw new VsmError('VSM_MCP', `the server is gone: ${this.#reason ?? 'its stdin is closed'}`);
    }
    this.#cork(stdin);
    if (stdin.write(serializeMessage(message))) return;
    await this.#full.wait();
  }

  /** Messages of the same turn of the event loop are written at once, and wake the server once. */
  #cork(stdin: Writable): void {
    if (stdin.writableCorked > 0) return;
    stdin.cork();
    setImmediate(() => stdin.uncork());
  }

  setProtocolVersion(version: string): void {
    this.protocol = version;
  }

  async close(): Promise<void> {
    this.#reason ??= CLOSED;
    if (this.#child?.pid && !this.#gone) await this.#endChild(this.#child, this.#child.pid);
    await this.#release();
  }

  async #endChild(child: Child, pid: number): Promise<void> {
    child.stdin.end();
    if (await this.#endsWithin(GRACE.stdin)) return;
    killGroup(pid, 'SIGTERM');
    if (await this.#endsWithin(GRACE.term)) return;
    killGroup(pid, 'SIGKILL');
    await this.#ended;
  }

  #release(): Promise<void> {
    this.#released ??= this.command.release?.() ?? Promise.resolve();
    return this.#released;
  }

  #endsWithin(ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      const cancel = this.clock.after(ms, () => resolve(false));
      void this.#ended.then(() => {
        cancel();
        resolve(true);
      });
    });
  }

  #read(chunk: Buffer): void {
    for (const line of this.#lines.push(chunk)) {
      if (this.#deaf) return;
      const { message, close } = this.#guard.read(line);
      if (close) this.#fail(close);
      if (message) this.onmessage?.(message);
    }
    const close = this.#guard.pending(this.#lines.pending);
    if (close) this.#fail(close);
  }

  /** It misbehaves: nothing more is read, and it is ended without grace. */
  #fail(reason: string): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.#deaf = true;
    this.#child?.stdout.destroy();
    killGroup(this.#child?.pid, 'SIGKILL');
  }

  #exited(code: number | null, signal: NodeJS.Signals | null): void {
    this.#reason ??= signal ? `it was ended by ${signal}` : `it exited with code ${code}`;
    // what it started and left behind goes too; one that fled the group and holds the pipes must not keep us waiting
    killGroup(this.#child?.pid, 'SIGKILL');
    this.clock.after(GRACE.pipes, () => this.#finish());
  }

  #finish(): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#unwatch?.();
    const child = this.#child;
    if (child?.pid !== undefined) released(child.pid);
    child?.stdin.destroy();
    child?.stdout.destroy();
    child?.stderr.destroy();
    this.#full.over();
    void this.#release();
    this.#end();
    this.onclose?.();
  }
}
