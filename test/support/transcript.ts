import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';

/** Commands by name. Each takes the time (ms) and its words, and returns the lines that the machine says to it. */
export type Commands = Readonly<Record<string, (now: number, words: string[]) => readonly string[]>>;

interface Scene {
  title: string;
  commands: string[];
  text: string;
}

/**
 * Tests a deterministic machine by readable transcripts: command, then what is said (as the testdata of etcd's raft). A
 * line `== sentence` begins a scene, which is one test with a machine of its own; a line that is not indented is a
 * command, `time name word…`; the indented lines below it are what the machine says to it, and where there are none it
 * says nothing. `#` begins a comment. A scene that differs fails with both texts, so that a change that is wanted can
 * be taken from there.
 * @param begin a machine for one scene
 */
export function transcript(file: URL, begin: () => Commands): void {
  for (const { title, commands, text } of scenesOf(readFileSync(file, 'utf8'))) {
    it(title, () => {
      const machine = begin();
      const lines = commands.flatMap((command) => [command, ...answer(machine, command).map((line) => `  ${line}`)]);
      assert.equal(lines.join('\n'), text);
    });
  }
}

function answer(machine: Commands, command: string): readonly string[] {
  const [time, name = '', ...words] = command.split(/\s+/);
  const run = machine[name];
  assert.ok(run, `there is no command "${name}"; there are: ${Object.keys(machine).join(', ')}`);
  return run(milliseconds(time), words);
}

function scenesOf(text: string): Scene[] {
  const [, ...scenes] = text.split(/^== /m);
  assert.ok(scenes.length > 0, 'a transcript has scenes, each with a title: == sentence');
  return scenes.map((scene) => {
    const [title = '', ...rest] = scene.split('\n');
    const lines = rest.map((line) => line.trimEnd()).filter((line) => line !== '' && !line.startsWith('#'));
    return { title, commands: lines.filter((line) => !line.startsWith(' ')), text: lines.join('\n') };
  });
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, min: 60_000 };

/** Milliseconds of `250`, `250ms`, `6s` or `2min`. */
export function milliseconds(time = ''): number {
  const [, amount, unit = 'ms'] = /^(\d+)(ms|s|min)?$/.exec(time) ?? [];
  assert.ok(amount !== undefined, `"${time}" is not a time, such as 250ms, 6s, 2min`);
  return Number(amount) * (UNITS[unit] ?? 1);
}

/** The words `name=value` of a command, by name. */
export function options(words: readonly string[]): Record<string, string> {
  const named = words.flatMap((word) => [word.split('=')].filter(({ length }) => length === 2));
  return Object.fromEntries(named.map(([name = '', value = '']) => [name, value]));
}
