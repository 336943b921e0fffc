import { relative, resolve } from 'node:path';
import type { FleetConfig } from '@vsmcp/service';

/**
 * Where the fleet is, absolute: what relative paths start from, the file of its configuration, and its data where that
 * is known.
 */
export interface Places {
  home: string;
  file: string;
  dataDir?: string;
}

/**
 * Things that others read or write inside folders that a server may write, in a sentence each: what lies there, that
 * server may change at any time. Links are not looked at: the server makes them.
 */
export function hostileGround(config: FleetConfig, { home, dataDir, file }: Places): string[] {
  const { senses, answers } = config.environment;
  const used: [path: string, what: string][] = [
    ...senses.flatMap((sense): typeof used => {
      if ('folder' in sense) return [[sense.folder, `the sense of ${sense.folder}`]];
      return 'git' in sense ? [[sense.git, `the sense of the repository ${sense.git}`]] : [];
    }),
    ...answers.map(({ folder }): (typeof used)[number] => [folder, `the answers folder ${folder}`]),
    [file, "the fleet's configuration"],
    ...(dataDir === undefined ? [] : [[dataDir, "the fleet's own data"] satisfies (typeof used)[number]]),
  ];
  return Object.entries(config.servers).flatMap(([server, { writes }]) =>
    used.flatMap(([path, what]) => {
      const folder = writes.find((each) => lies(resolve(home, path), resolve(home, each)));
      return folder === undefined ? [] : [`${what} lies in ${folder}, which server ${server} may write`];
    }),
  );
}

const lies = (path: string, folder: string): boolean => {
  const way = relative(folder, path);
  return way === '' || (way !== '..' && !way.startsWith('../'));
};
