import { createHash } from 'node:crypto';
import { basename, extname, join, resolve } from 'node:path';
import { openUnlinked, type Unlinked } from '@vsmcp/mcp';
import { type Clock, word } from '@vsmcp/vsm';
import { filesIn, isGone, readSensed, type Seen } from './files.js';
import { looking, type Sensed, type Tell, type Trouble } from './sense.js';

/** Milliseconds between looks at a folder. */
const LOOK = 500;
/** Files that are read and told at the same time. */
const AT_ONCE = 32;

export interface FolderSense {
  folder: string;
  as: string;
  stale?: number | undefined;
  keep?: readonly string[] | undefined;
}

export interface Surroundings {
  home: string;
  clock: Clock;
  tell: Tell;
  trouble: Trouble;
  /** Names of `keep` files that were there before, of earlier leaders too; `remember` keeps a new one. */
  known: ReadonlySet<string>;
  remember: (path: string) => Promise<void>;
  /** Tells one leadership from the next. */
  epoch: number;
}

/**
 * A folder: `<as>.<extension>` {name, path, sha, text | bytes} for each file that has stopped growing, and again when
 * it was written anew; a file without an extension is `<as>.bare`. `path` starts with the folder's own name and so is
 * relative to its parent: a server whose root is the parent can use it as it is.
 * With `stale` or `keep` it is watched for order instead: `<as>.stale` for a file that has lain there too long,
 * `<as>.missing` for one of `keep` that was there and is gone {name, path}.
 */
export async function openFolder(sense: FolderSense, around: Surroundings): Promise<() => Promise<void>> {
  const folder = resolve(around.home, sense.folder);
  await (await openUnlinked(around.home, sense.folder, true)).close();
  const within = async (look: (opened: Unlinked) => Promise<void>) => {
    const opened = await openUnlinked(around.home, sense.folder);
    await look(opened).finally(() => opened.close());
  };
  const watches = sense.stale !== undefined || sense.keep !== undefined;
  const look = watches ? ordering(sense, folder, around) : arriving(sense, folder, around);
  return looking(around.clock, LOOK, () => within(look), around.trouble);
}

const sourceOf = (sense: FolderSense) => `/senses/folder/${sense.folder}`.slice(0, 512);

/** Ids have at most 512 characters, and a name may have more. */
function idOf(...parts: (string | number)[]): string {
  const id = parts.join(':');
  return id.length <= 512 ? id : createHash('sha256').update(id).digest('hex');
}

const passedOver = (sense: FolderSense, trouble: Trouble) => (name: string, why: string) =>
  trouble(`${sense.folder}/${name} is passed over: ${why}`);

const stampOf = (file: Seen) => `${file.size}:${file.modified}`;

function arriving(sense: FolderSense, folder: string, { tell, trouble }: Surroundings) {
  /** Files seen at the last look, and those told. */
  let before = new Map<string, string>();
  const told = new Map<string, string>();
  const one = async (opened: Unlinked, file: Seen) => {
    try {
      const sensed = await arrived(sense, folder, opened, file);
      if (sensed) await tell(sensed);
      told.set(file.name, stampOf(file));
    } catch (error) {
      if (!isGone(error)) trouble(`${join(sense.folder, file.name)} cannot be sensed yet`, error);
    }
  };
  return async (opened: Unlinked) => {
    const now = new Map<string, string>();
    const fresh: Seen[] = [];
    for (const file of await filesIn(opened, passedOver(sense, trouble))) {
      const stamp = stampOf(file);
      now.set(file.name, stamp);
      if (before.get(file.name) === stamp && told.get(file.name) !== stamp) fresh.push(file);
    }
    while (fresh.length > 0) await Promise.all(fresh.splice(0, AT_ONCE).map((file) => one(opened, file)));
    for (const name of told.keys()) if (!now.has(name)) told.delete(name);
    before = now;
  };
}

/** Undefined while the file still grows. */
async function arrived(sense: FolderSense, folder: string, opened: Unlinked, file: Seen): Promise<Sensed | undefined> {
  const { sha, bytes, text } = await readSensed(opened, file.name);
  const path = `${basename(folder)}/${file.name}`;
  const extension = extname(file.name).slice(1);
  return {
    source: sourceOf(sense),
    id: idOf(path, file.modified, sha.slice(0, 32)),
    type: `${sense.as}.${extension === '' ? 'bare' : word(extension)}`,
    data: text === undefined ? { name: file.name, path, sha, bytes } : { name: file.name, path, sha, text },
  };
}

function ordering(sense: FolderSense, folder: string, around: Surroundings) {
  const { clock, tell, known, remember, epoch } = around;
  const staleTold = new Map<string, number>();
  /** Kept files → when they were last put there; 0 when that was before this leadership. */
  const there = new Map<string, number>();
  const goneTold = new Set<string>();
  const keep = new Set(sense.keep ?? []);
  const pathOf = (name: string) => `${basename(folder)}/${name}`;
  const event = (kind: string, name: string, since: number): Sensed => ({
    source: sourceOf(sense),
    id: idOf(kind, pathOf(name), since === 0 ? `epoch-${epoch}` : since),
    type: `${sense.as}.${kind}`,
    data: { name, path: pathOf(name) },
  });
  for (const name of keep) if (known.has(join(sense.folder, name))) there.set(name, 0);

  return async (opened: Unlinked) => {
    const files = new Map((await filesIn(opened, passedOver(sense, around.trouble))).map((file) => [file.name, file]));
    for (const file of files.values()) {
      if (keep.has(file.name)) {
        if (!there.has(file.name)) await remember(join(sense.folder, file.name));
        there.set(file.name, file.changed);
        goneTold.delete(file.name);
      }
      const old = sense.stale !== undefined && clock.now() - file.changed >= sense.stale;
      if (!old || staleTold.get(file.name) === file.changed) continue;
      await tell(event('stale', file.name, file.changed));
      staleTold.set(file.name, file.changed);
    }
    for (const name of staleTold.keys()) if (!files.has(name)) staleTold.delete(name);
    for (const [name, since] of there) {
      if (files.has(name) || goneTold.has(name)) continue;
      await tell(event('missing', name, since));
      goneTold.add(name);
    }
  };
}
