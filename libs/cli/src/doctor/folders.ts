import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, dirname, join, relative, resolve } from 'node:path';
import { headOf } from '@vsmcp/system4-intelligence';
import { reasonOf } from '@vsmcp/vsm';
import { count } from '../output.js';
import { broken, type Finding, none, ok, warning } from './finding.js';
import { hostileGround } from './hostile.js';
import { rightOnes, type Situation } from './situation.js';

/** Folders that senses read, answers and servers write, and the fleet's own. */
export async function lookAtFolders(situation: Situation): Promise<Finding[]> {
  const right = rightOnes(situation);
  if (right === undefined) return [none('not looked at: the configuration is not right')];
  const { settings, config } = right;
  const { senses, answers } = config.environment;
  const wanted: [path: string, mode: 'read' | 'write', what: string][] = [
    [settings.dataDir, 'write', "the fleet's own data"],
    ...senses.flatMap((sense): typeof wanted => ('folder' in sense ? [[sense.folder, 'read', 'a sense']] : [])),
    ...answers.map(({ folder }): (typeof wanted)[number] => [folder, 'write', 'answers']),
    ...Object.entries(config.servers).flatMap(([name, { writes }]) =>
      writes.map((path): (typeof wanted)[number] => [path, 'write', `server ${name}`]),
    ),
  ];
  const troubles = await Promise.all(
    wanted.map(async ([path, mode, what]) => {
      const trouble = await cannot(resolve(settings.home, path), mode);
      return trouble === undefined ? [] : [broken(`${path} (${what}): ${trouble}`, MENDS[mode](path))];
    }),
  );
  const repositories = senses.flatMap((sense) => ('git' in sense ? [sense.git] : []));
  const missing =
    repositories.length > 0 && (await isMissing('git'))
      ? [warning('git is not installed, and a sense looks at a repository', 'install git, or take the sense out')]
      : [];
  const git = await Promise.all(repositories.map((folder) => noCommit(settings.home, folder)));
  const { home, dataDir } = settings;
  const ground = hostileGround(config, { home, dataDir, file: situation.file }).map((what) => warning(what, APART));
  const found = [...troubles.flat(), ...missing, ...git.flat(), ...ground];
  const places = new Set(wanted.map(([path]) => resolve(settings.home, path)));
  return found.length > 0 ? found : [ok(`${count(places.size, 'folder')} can be used`)];
}

const APART =
  'let the server write another folder, or a narrower one, unless what it puts there is meant for the fleet';

const MENDS = {
  read: (path: string) => `make ${path} a folder that this user can read`,
  write: (path: string) => `make ${path} a folder that this user can write: chown or chmod it, or name another`,
};

/** Why a folder cannot be used so. One that is not there is made by the fleet, where it may. */
async function cannot(path: string, mode: 'read' | 'write'): Promise<string | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) {
    const above = await nearestAbove(path);
    const trouble = await cannot(above, 'write');
    return trouble && `it is not there, and cannot be made: ${relative(process.cwd(), above) || above}: ${trouble}`;
  }
  if (!found.isDirectory()) return 'it is a file, not a folder';
  const right = mode === 'read' ? constants.R_OK | constants.X_OK : constants.W_OK | constants.X_OK;
  try {
    await access(path, right);
    return undefined;
  } catch (error) {
    const readOnly = error instanceof Error && 'code' in error && error.code === 'EROFS';
    return readOnly ? 'its file system is read-only' : `this user may not ${mode} there`;
  }
}

async function isMissing(program: string): Promise<boolean> {
  const places = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, program));
  const there = await Promise.all(
    places.map((place) =>
      access(place, constants.X_OK).then(
        () => true,
        () => false,
      ),
    ),
  );
  return !there.includes(true);
}

/** The nearest folder above that is there. */
async function nearestAbove(path: string): Promise<string> {
  const above = dirname(path);
  return above === path || (await stat(above).catch(() => undefined)) ? above : nearestAbove(above);
}

async function noCommit(home: string, folder: string): Promise<Finding[]> {
  try {
    await (await headOf(home, folder)).objects.close();
    return [];
  } catch (error) {
    return [
      warning(
        `${folder} (a sense) has no commit to look at: ${reasonOf(error)}`,
        'make it a git repository with a commit, or take the sense out',
      ),
    ];
  }
}
