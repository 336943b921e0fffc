import { dirname } from 'node:path';
import { VsmError } from '@vsmcp/vsm';
import { findProgram } from './paths.js';

/** Names that would change how the program is loaded or break out of what was granted, or that are set here. */
const REFUSED =
  /^(NODE_OPTIONS|NODE_PATH|NODE_REPL_EXTERNAL_MODULE|NODE_V8_COVERAGE|NODE_COMPILE_CACHE|LD_.*|DYLD_.*|GCONV_PATH|BASH_ENV|ENV|SHELLOPTS|IFS|PATH|HOME|TMPDIR)$/;
const PATHS = '/usr/local/bin:/usr/bin:/bin';

/** Why a variable may not be declared for a server; undefined when it may. */
export function refusedVariable(name: string): string | undefined {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return 'is not a name for an environment variable';
  return REFUSED.test(name) ? 'is not for a server to declare' : undefined;
}

/**
 * All a server's environment: what was declared, PATH, HOME and TMPDIR (its own folder), LANG and the machine's TZ. One
 * that may run git also gets leave to read repositories of other owners and not to write lock files into them.
 */
export function environmentOf(
  declared: Readonly<Record<string, string>>,
  to: { folder: string; temporary: string; runs: readonly string[] },
): Record<string, string> {
  for (const [name, value] of Object.entries(declared)) {
    const why = refusedVariable(name) ?? (value.includes('\0') ? 'has a NUL in its value' : undefined);
    if (why) throw new VsmError('VSM_SANDBOX', `environment variable ${name} ${why}; take it out of the server's env`);
  }
  const folders = to.runs.map((program) => dirname(programFor(program)));
  return {
    LANG: 'C.UTF-8',
    TZ: Intl.DateTimeFormat().resolvedOptions().timeZone,
    ...(to.runs.includes('git') && GIT),
    ...declared,
    PATH: [...new Set([...folders, ...PATHS.split(':')])].join(':'),
    HOME: to.folder,
    TMPDIR: to.temporary,
  };
}

const GIT = {
  GIT_CONFIG_COUNT: '1',
  GIT_CONFIG_KEY_0: 'safe.directory',
  GIT_CONFIG_VALUE_0: '*',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_TERMINAL_PROMPT: '0',
};

function programFor(name: string): string {
  if (!/^[\w][\w.+-]*$/.test(name))
    throw new VsmError('VSM_SANDBOX', `${name} in runs must be a program's name, such as git`);
  const place = findProgram(name, `${process.env.PATH ?? ''}:${PATHS}`);
  if (!place)
    throw new VsmError(
      'VSM_SANDBOX',
      `${name} is not on this machine: install it, or take it out of the server's runs`,
    );
  return place;
}
