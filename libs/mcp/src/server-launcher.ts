import type { Attempts, Candidate, Confinement, Grants, RemoteSpec, ServerSpec, Suspicion, Tool } from '@vsmcp/vsm';
import type { Gap } from './sandbox/gaps.js';

/** An npm package installed at its exact version, scripts off, started directly with `node <bin>`. */
export interface Installed {
  package: string;
  version: string;
  /** Folder that holds node_modules; content-addressed, shared by all who use the same lock. */
  folder: string;
  /** The file to start with node. */
  bin: string;
  /** sha512 of the package itself, as its lock says, and sha256 over the whole lock. */
  integrity: string;
  lock: string;
  /** package.json's `mcpName`, when it has one. */
  mcpName?: string;
  /** ms; 0 when it was there already. */
  took: number;
}

/** The approved package, so that nothing else is started in its name. */
export interface Pin {
  integrity?: string;
  lock?: string;
}

export interface Installer {
  /**
   * Rejects with VSM_INSTALL: unknown package or version, integrity that does not hold or is not `pin`'s, no network
   * and not cached. What was installed once is used again without the network, after a check that its files are
   * unchanged.
   */
  install(npm: string, signal?: AbortSignal, pin?: Pin): Promise<Installed>;
  /**
   * Removes what was installed, is not among `keep` (`package@version`) and was not started for a week. What servers
   * wrote themselves stays. @returns what was removed
   */
  uninstall(keep: ReadonlySet<string>): Promise<string[]>;
}

/** How a rung of the ladder does on this machine, found by trying. */
export interface Rung {
  rung: Confinement;
  ok: boolean;
  /** The lack that keeps it from holding. */
  why?: string;
  /** Its gaps here. */
  gaps: readonly Gap[];
  /** Its worth here, as was found by trying: the rung that policy compares with its minimum. Never above `rung`. */
  reached: Confinement;
  /** Servers run as nobody, with the owners of files mapped: the fleet is root. */
  owners?: boolean;
}

/** The rungs of this machine, strongest first. */
export interface Sandbox {
  readonly best: Confinement;
  /** The worth of `best` here, as was found by trying. */
  readonly reached: Confinement;
  readonly rungs: readonly Rung[];
}

export interface ToolResult {
  isError: boolean;
  /** MCP content blocks. */
  content: unknown[];
  structured?: Record<string, unknown>;
  /** Suspicions in its text; absent when there are none. */
  suspicions?: Suspicion[];
}

/** How far a call is, as its server says: `done` grows towards `total`, where that is known. The words are cleaned. */
export interface Progress {
  done: number;
  total?: number;
  message?: string;
}

/** A running server. Never reused once dead. */
export interface ServerConnection {
  readonly tools: readonly Tool[];
  /** sha256 over all that a server declares: names, titles, descriptions, schemas, annotations, instructions. */
  readonly contract: string;
  /** Suspicions in the words of all that. */
  readonly suspicions: readonly Suspicion[];
  /** Undefined for a server that runs elsewhere: nothing here confines it. */
  readonly confinement: Confinement | undefined;
  /** The MCP version both agreed on, and who the server says it is; nothing in it is trusted. */
  readonly identity: { protocol: string; name: string; version: string };
  readonly alive: boolean;
  /** The end of what it wrote to stderr, cleaned. */
  readonly lastWords: string;
  /**
   * Rejects with VSM_MCP when the server dies, answers wrongly or is not there, VSM_TIMEOUT past the deadline; a tool's
   * own error is a result with `isError`. Rejections are `CallError`s, which say whether the call is in doubt.
   * @param deadline ms for this call, however much progress is reported; cancellation reaches the server
   * @param onProgress told of each report of the server on this call
   */
  call(
    tool: string,
    args: Record<string, unknown>,
    deadline: number,
    signal?: AbortSignal,
    onProgress?: (progress: Progress) => void,
  ): Promise<ToolResult>;
  /**
   * Asks whether it is there. @returns ms until it answered. Rejects with VSM_MCP or, past `deadline` ms, VSM_TIMEOUT
   */
  ping(deadline: number): Promise<number>;
  /** Ends the whole process group (SIGTERM, then SIGKILL after 2 s), or the session with a server elsewhere. */
  close(): Promise<void>;
  /** Called once when it is gone, however it went. */
  onClose(listener: (reason: string) => void): void;
  /** The tools changed (`listChanged`), and so did the contract. */
  onContract(listener: (contract: string, tools: readonly Tool[]) => void): void;
}

/** Starts servers, confined. */
export interface ServerLauncher {
  readonly installer: Installer;
  readonly sandbox: Sandbox;
  /** A new folder below `within`, for a server that is only tried; `remove` deletes it with all that is in it. */
  scratch(within: string): Promise<{ folder: string; remove(): Promise<void> }>;
  /**
   * Installs if need be and starts, at `sandbox.best`. A relative path in arguments and environment that lies in a
   * granted path is made absolute from `home` (`absolute` in sandbox/paths.ts is the rule). Rejects with VSM_INSTALL,
   * VSM_SANDBOX, or VSM_MCP (did not start within `deadline`, spoke garbage, exited; the message carries the last lines
   * of its stderr, cleaned).
   * @param folder the server's own folder: its working directory and HOME, and all it may write unless grants say more
   * @param home what relative grants start from
   * @param deadline ms from the start of its process until it has said what it offers; installing has its own (5 min)
   * @param pin what was approved; something else is not started
   * @param record told, when it is gone or did not start, what it tried to reach and was refused, where this machine
   * can record that
   */
  start(
    spec: ServerSpec,
    options: {
      folder: string;
      home: string;
      grants: Grants;
      deadline: number;
      signal?: AbortSignal;
      pin?: Pin;
      record?: (attempts: Attempts) => void;
    },
  ): Promise<{ installed: Installed; connection: ServerConnection }>;
  /**
   * Reaches a server that runs elsewhere. Rejects with VSM_CONFIG when a header's variable is not set, VSM_POLICY when
   * it is at a place that policy does not admit, VSM_MCP when it cannot be reached or is no MCP server.
   * @param deadline ms until it has said what it offers
   */
  dial(spec: RemoteSpec, options: { deadline: number; signal?: AbortSignal }): Promise<ServerConnection>;
}

/** A server of the registry that cannot be started by itself from npm over stdio, and why. */
export interface Skipped {
  name: string;
  version: string;
  description: string;
  why: string;
}

/** A registry of MCP servers. */
export interface Registry {
  readonly name: string;
  /**
   * Servers that can run from npm over stdio, newest version of each. Rejects with VSM_MCP naming the place and what is
   * wrong there.
   * @param left told of each entry that is malformed and left out: where it is, and what is wrong
   * @param unusable told of each server that cannot be had so, with the reason
   */
  candidates(
    signal?: AbortSignal,
    left?: (entry: string) => void,
    unusable?: (server: Skipped) => void,
  ): Promise<Candidate[]>;
}
