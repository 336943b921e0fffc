import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { FleetConfig, Log } from '@vsmcp/service';
import { type CloudEvent, type Ids, reasonOf } from '@vsmcp/vsm';
import { type OutcomeRecord, textOf } from './outcome.js';

/** Most characters of a tool's text that an answer shows. */
const MOST_TEXT = 64 * 1024;
/** Outcomes that a person who dropped a file is told. */
const TOLD = new Set(['answered', 'refused', 'dead', 'doubt']);

/**
 * Answers beside the questions: for an event that a folder sense made out of a file (its type begins with the sense's word, its
 * data has the file's name), `<name>.answer.md` in each folder of `environment.answers`. Notices and host figures are
 * not questions and get none.
 */
export class Answers {
  readonly #folders: readonly string[];
  readonly #words: ReadonlySet<string>;
  readonly #log: Log;
  readonly #ids: Ids;

  constructor(environment: FleetConfig['environment'], home: string, log: Log, ids: Ids) {
    this.#folders = environment.answers.map(({ folder }) => resolve(home, folder));
    const questions = environment.senses.flatMap((sense) =>
      'folder' in sense && sense.stale === undefined && sense.keep === undefined ? [sense.as] : [],
    );
    this.#words = new Set(questions);
    this.#log = log;
    this.#ids = ids;
  }

  /** Writes the answer, if one is due. A folder that cannot be written costs a log line, never the event. */
  async write(event: CloudEvent, record: OutcomeRecord): Promise<void> {
    const name = this.#nameFor(event);
    if (name === undefined || !TOLD.has(record.outcome)) return;
    for (const folder of this.#folders) {
      try {
        await mkdir(folder, { recursive: true });
        const draft = join(folder, `.${this.#ids()}.draft`);
        await writeFile(draft, answerText(record));
        await rename(draft, join(folder, `${name}.answer.md`));
      } catch (error) {
        this.#log.warn({ folder, event: event.id, reason: reasonOf(error) }, 'an answer could not be written');
      }
    }
  }

  #nameFor(event: CloudEvent): string | undefined {
    if (this.#folders.length === 0) return undefined;
    const isQuestion = [...this.#words].some((word) => event.type.startsWith(`${word}.`));
    const { data } = event;
    if (!isQuestion || typeof data !== 'object' || data === null || !('name' in data)) return undefined;
    return typeof data.name === 'string' ? safeName(data.name) : undefined;
  }
}

/** A name that stays inside its folder, whatever somebody called their file. */
export function safeName(name: string): string | undefined {
  const last = name.split(/[/\\]/).at(-1) ?? '';
  const safe = last
    .replaceAll(/[^\p{L}\p{N}._ -]+/gu, '-')
    .replace(/^[. ]+/, '')
    .slice(0, 80);
  return safe === '' ? undefined : safe;
}

export function answerText(record: OutcomeRecord): string {
  const head = record.tool === undefined ? `_${record.outcome}_` : `_${record.outcome} by ${record.tool}_`;
  const body = record.reason ?? clean(textOf(record.result));
  return `${head}\n\n${body}\n`;
}

/** A tool's text is not trusted: control characters and direction marks would show something else than is there. */
function clean(text: string): string {
  return text.slice(0, MOST_TEXT).replaceAll(/[\p{Cc}\p{Cf}\p{Cs}]/gu, (c) => (c === '\n' || c === '\t' ? c : ''));
}
