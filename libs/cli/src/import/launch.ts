/** An npm package that a command starts; `range` is a version, a range, a tag, or empty for the newest. */
export interface Launch {
  name: string;
  range: string;
  args: string[];
}
export type Unsupported = { because: string };

const PACKAGE =
  /^((?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*)(?:@([\w.^~<>=*+|-]+(?: [\w.^~<>=*+|-]+)*))?$/i;

/** Programs known not to run here, with the reason. */
const OTHERS: Record<string, string> = {
  docker: 'it runs in a container (docker)',
  podman: 'it runs in a container (podman)',
  uvx: 'it is a Python package (uvx)',
  uv: 'it is a Python program (uv)',
  pipx: 'it is a Python package (pipx)',
  python: 'it is a Python program',
  python3: 'it is a Python program',
  node: 'it is a file on this machine, not an npm package',
  bun: 'it is a file on this machine, not an npm package',
  deno: 'it is a Deno program',
  sh: 'it is a shell command',
  bash: 'it is a shell command',
};

/** Programs that start an npm package, with the words that come before it. */
const RUNNERS: Record<string, readonly string[]> = {
  npx: [''],
  bunx: [''],
  pnpx: [''],
  npm: ['exec', 'x'],
  pnpm: ['dlx'],
  yarn: ['dlx'],
  bun: ['x'],
};

/** Which npm package a command starts, or why it cannot be run here. */
export function launchOf(command: string, args: readonly string[]): Launch | Unsupported {
  const program = programOf(command);
  if (program === 'cmd' && args[0]?.toLowerCase() === '/c' && args[1] !== undefined)
    return launchOf(args[1], args.slice(2));
  const words = RUNNERS[program];
  if (words?.includes('')) return packageOf(args);
  if (words?.includes(args[0] ?? '')) return packageOf(args.slice(1));
  return { because: OTHERS[program] ?? `${program} is no npm package` };
}

/** `C:\node\npx.cmd` → `npx` */
function programOf(command: string): string {
  const name = command.split(/[\\/]/).at(-1) ?? command;
  return name.replace(/\.(cmd|exe|bat|ps1)$/i, '').toLowerCase();
}

const SILENT = [
  '-y',
  '--yes',
  '-q',
  '--quiet',
  '--silent',
  '--prefer-offline',
  '--prefer-online',
  '--ignore-existing',
  '--bun',
];

function packageOf(args: readonly string[]): Launch | Unsupported {
  const packages: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? '';
    const [, inline] = /^(?:--package|-p)=(.*)$/.exec(arg) ?? [];
    if (inline !== undefined) packages.push(inline);
    else if (arg === '-p' || arg === '--package') packages.push(args[++i] ?? '');
    else if (SILENT.includes(arg)) continue;
    else if (arg === '--') return named(packages, args[i + 1] ?? '', args.slice(i + 2));
    else if (arg.startsWith('-')) return { because: `its option ${arg} for the package runner has no counterpart` };
    else
      return named(
        packages,
        arg,
        args.slice(i + 1).filter((each, n) => n > 0 || each !== '--'),
      );
  }
  return { because: 'it names no package' };
}

/** @param packages those of `--package`; then `word` is a program of it */
function named(packages: readonly string[], word: string, args: string[]): Launch | Unsupported {
  const [given, ...more] = packages;
  if (more.length > 0) return { because: 'it needs several packages' };
  const match = PACKAGE.exec(given ?? word);
  if (!match?.[1]) return { because: `${given ?? word} is not a package of the npm registry` };
  const name = match[1];
  if (given !== undefined && word !== name.slice(name.indexOf('/') + 1)) {
    return { because: `it starts ${word}, one of several programs of ${name}` };
  }
  return { name, range: match[2] ?? '', args };
}
