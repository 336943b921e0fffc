/** A server to start, everything absolute and decided; each rung makes a command of it. */
export interface Launch {
  /** The node to run it with, and node's arguments after the flags that the rung adds. */
  node: string;
  /** The program file and its arguments, or `-e` and code. */
  script: readonly string[];
  /** Its own folder: working directory, HOME, writable. */
  folder: string;
  /** Folders of the server's code, readable. */
  code: readonly string[];
  reads: readonly string[];
  writes: readonly string[];
  /** Programs it may start. */
  runs: readonly string[];
  network: boolean;
  /** The socket of its proxy, where it may reach hosts. */
  egress?: string;
  /** Bytes that it may have on the disk. */
  disk: number;
  /** Hidden where the rung can, though it may lie inside what may be read: the fleet's own data. */
  hide: readonly string[];
  /** An empty folder over which a file system can be built; shared by all. */
  root: string;
  /**
   * The command run instead of node with `script`: a program of this machine and its arguments, such as git for a
   * sense.
   */
  program?: readonly string[];
  /** The file of the filter of system calls, where the kernel has such filters. */
  filter?: string;
  /**
   * Where the fleet is root: a user namespace whose map makes root's files nobody's, so that the server runs as nobody.
   * Absent otherwise, and where a file system does not take such a map.
   */
  owners?: string;
  /** File descriptors that it gets beside the standard ones, from 3. */
  inherit?: number;
}

export interface Command {
  file: string;
  args: readonly string[];
}

/** Programs of this machine that confine, by absolute path; undefined where missing. */
export interface Confiners {
  bwrap?: string;
  unshare?: string;
  mount?: string;
  sh?: string;
  prlimit?: string;
  setpriv?: string;
  /** Records what a server on trial tries. */
  strace?: string;
  /**
   * A /proc of its own is refused to bwrap here, as in most containers: a server then lacks the figures of its own
   * memory.
   */
  noProc?: true;
  /** The file with the filter of system calls; absent where the kernel or the processor has none, with the reason. */
  filter?: string;
  unfiltered?: string;
  /** Where the fleet is root: see `Launch`. */
  owners?: string;
}
