import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openUnlinked } from '@vsmcp/mcp';
import type { ServiceContext } from '@vsmcp/service';
import { Algedonic, type CloudEvent, reasonOf } from '@vsmcp/vsm';
import { type OutcomeRecord, textOf } from '../deciding/outcome.js';

/** Most characters of a tool's text that an answer shows. */
const MOST_TEXT = 64 * 1024;
/** Outcomes that a person who dropped a file is told. */
const TOLD = new Set(['answered', 'refused', 'dead', 'doubt']);

/**
 * Answers beside the questions: for an event that a folder sense made out of a file (its type begins with the sense's
 * word, its data has the file's name), `<name>.answer.md` in each folder of `environment.answers`; for a commit, and
 * what has no name, `<type>-<id>.answer.md`. Notices and host figures are not questions and get none.
 */
export class Answers {
  readonly #context: ServiceContext;
  readonly #folders: readonly string[];
  readonly #words: ReadonlySet<string>;
  /** Folders that could not be written at the last attempt → since when, ms since the epoch. */
  readonly #hurting = new Map<string, number>();

  constructor(context: ServiceContext) {
    const { environment } = context.config;
    this.#context = context;
    this.#folders = environment.answers.map(({ folder }) => folder);
    const questions = environment.senses.flatMap((sense) => {
      if ('git' in sense) return ['git'];
      return 'folder' in sense && sense.stale === undefined && sense.keep === undefined ? [sense.as] : [];
    });
    this.#words = new Set(questions);
  }

  /** Writes the answer, if one is due. A folder that cannot be written hurts, and never costs the event. */
  async write(event: CloudEvent, record: OutcomeRecord): Promise<void> {
    const name = this.#nameFor(event);
    if (name === undefined || !TOLD.has(record.outcome)) return;
    for (const folder of this.#folders) {
      try {
        await this.#put(folder, `${name}.answer.md`, answerText(record));
        await this.#well(folder);
      } catch (error) {
        const reason = reasonOf(error);
        this.#context.log.warn({ folder, event: event.id, reason }, 'an answer could not be written');
        await this.#hurts(folder, `answers cannot be written to ${folder}: ${reason}`);
      }
    }
  }

  /** Whole or not at all, and in the folder itself: a link in its place, or above it, is not followed. */
  async #put(folder: string, name: string, text: string): Promise<void> {
    const opened = await openUnlinked(this.#context.home, folder, true);
    const draft = join(opened.path, `.${this.#context.ids()}.draft`);
    try {
      await writeFile(draft, text, { flag: 'wx' });
      await rename(draft, join(opened.path, name));
    } catch (error) {
      await rm(draft, { force: true }).catch(() => {}); // the first error says what is wrong
      throw error;
    } finally {
      await opened.close();
    }
  }

  async #hurts(folder: string, what: string): Promise<void> {
    if (this.#hurting.has(folder)) return;
    this.#hurting.set(folder, this.#context.clock.now());
    await this.#feel('pain', folder, what);
  }

  async #well(folder: string): Promise<void> {
    if (!this.#hurting.has(folder)) return;
    await this.#feel('pleasure', folder, `answers are written to ${folder} again`);
    this.#hurting.delete(folder);
  }

  async #feel(severity: 'pain' | 'pleasure', folder: string, what: string): Promise<void> {
    const { clock, log, say } = this.#context;
    const since = this.#hurting.get(folder) ?? clock.now();
    const signal = { alert: `answers:${folder}`, severity, unit: '', what, since };
    try {
      await say(Algedonic, `${severity}.s1.answers`, signal);
    } catch (error) {
      log.warn({ error }, `${what}: could not be said`);
    }
  }

  #nameFor(event: CloudEvent): string | undefined {
    if (this.#folders.length === 0) return undefined;
    const isQuestion = [...this.#words].some((word) => event.type.startsWith(`${word}.`));
    if (!isQuestion) return undefined;
    const { data } = event;
    const named = typeof data === 'object' && data !== null && 'name' in data && typeof data.name === 'string';
    // a commit, or what somebody published, has no name: its type and the beginning of its id are one
    return safeName(named ? String(data.name) : `${event.type}-${event.id.slice(0, 12)}`);
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
