import { existsSync, realpathSync } from 'node:fs';
import { basename, delimiter, dirname, join } from 'node:path';
import { VsmError } from '@vsmcp/vsm';

/**
 * npm's own program file, so that it runs under this very node without a shell. Looked for beside node, then behind the
 * `npm` on PATH. Rejects with VSM_INSTALL when there is none.
 */
export function findNpm(execPath = process.execPath, path = process.env.PATH ?? ''): string {
  const prefix = dirname(dirname(realpathSync(execPath)));
  const places = [
    join(prefix, 'lib/node_modules/npm/bin/npm-cli.js'),
    join(prefix, 'bin/node_modules/npm/bin/npm-cli.js'),
    join(prefix, 'share/nodejs/npm/bin/npm-cli.js'),
    ...path
      .split(delimiter)
      .filter(Boolean)
      .map((folder) => join(folder, 'npm')),
  ];
  for (const place of places) {
    if (!existsSync(place)) continue;
    const real = realpathSync(place);
    if (basename(real) === 'npm-cli.js') return real;
  }
  throw new VsmError('VSM_INSTALL', `npm is not beside ${execPath} nor on PATH: install npm, or give its npm-cli.js`);
}

const KEPT =
  /^(path|home|userprofile|appdata|localappdata|systemroot|lang|temp|tmp|tmpdir|https?_proxy|no_proxy|ssl_cert_(file|dir)|node_extra_ca_certs|npm_config_((.*:)?registry|userconfig|globalconfig|cafile|ca|strict_ssl|https?_?proxy|noproxy))$/i;

/** The environment npm gets: how to reach its registry, and nothing an outer npm or node left behind. */
export function npmEnvironment(from: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(from).filter(([name]) => KEPT.test(name)));
}
