import { spawn } from 'node:child_process';
import { cpSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { usage } from './compare.mjs';
import { say } from './run.mjs';
import { commitOf, worktreeOf } from './worktree.mjs';

/** Ends a bench's brokers with it; of this folder, so that a commit that has none is stopped in order too. */
const ENDS = new URL('../../test/bench/support/ends.mjs', import.meta.url).href;
/**
 * The folder in an old worktree that this folder's benches are copied to: as deep as `test`, so that what they import
 * is the old side's.
 */
const BORROWED = 'test-borrowed';

/**
 * Runs benches of a tree in a process of their own.
 * @param {string} folder where `bench/run.ts` lies, below `root`
 * @param {{ shown?: boolean, signal: AbortSignal }} options `shown`: what it prints goes to the terminal
 * @returns {Promise<{ code: number, out: string, err: string }>}
 */
export function measure(root, folder, words, { shown = false, signal }) {
  return new Promise((resolve, reject) => {
    const tsx = import.meta.resolve('tsx'); // the loader may be this folder's: it is no part of what is measured
    const args = ['--expose-gc', '--import', ENDS, '--import', tsx, join(folder, 'bench', 'run.ts'), ...words];
    // a group of its own: Ctrl-C is handed on once, by us
    const child = spawn(process.execPath, args, {
      cwd: root,
      detached: true,
      stdio: ['ignore', shown ? 'inherit' : 'pipe', shown ? 'inherit' : 'pipe'],
    });
    let out = '';
    let err = '';
    child.stdout?.on('data', (chunk) => (out += chunk));
    child.stderr?.on('data', (chunk) => (err += chunk));
    const end = () => child.kill('SIGTERM');
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
    child.on('error', reject);
    child.on('close', (code) => {
      signal.removeEventListener('abort', end);
      if (signal.aborted) reject(new Error('stopped'));
      else resolve({ code: code ?? 1, out, err });
    });
  });
}

/**
 * Measures parts at a commit and here, in turns, which of both is first changing with each round.
 * @param {{ ref: string, parts: string[], rounds: number }} asked
 * @returns what compareText shows
 */
export async function compare(root, { ref, parts, rounds }, signal) {
  const known = (await measure(root, 'test', ['--list'], { signal })).out.trim().split('\n');
  const unknown = parts.find((part) => part !== 'operations' && !known.includes(part));
  if (unknown !== undefined) throw usage(`there is no part ${unknown}: there are operations, ${known.join(', ')}`);
  const commit = await commitOf(root, ref);
  const old = await worktreeOf(root, commit, signal);
  borrow(root, old);
  const shared = { machine: undefined, ref, commit, rounds, how: [], old: [], now: [] };
  const names = parts.flatMap((part) =>
    part === 'operations' ? known.filter((name) => name.startsWith('operations-')) : [part],
  );
  for (const part of names) {
    const sides = [
      { name: 'old', root: old, ...(await oldSide(old, part, signal, shared)) },
      { name: 'new', root, folder: 'test', reports: shared.now },
    ];
    for (let round = 0; round < rounds; round++) {
      for (const side of round % 2 === 0 ? sides : [...sides].reverse()) {
        if (side.folder === undefined || (round === 0 && side.name === 'old')) continue;
        say(`${part}, round ${round + 1} of ${rounds}: ${side.name} …`);
        const { machine, reports } = await measured(side, part, signal);
        shared.machine = machine;
        side.reports.push(reports);
      }
    }
  }
  return shared;
}

/** Puts this folder's benches, and what they are made with, into an old tree. */
function borrow(root, old) {
  rmSync(join(old, BORROWED), { recursive: true, force: true });
  for (const name of ['bench', 'support', 'fixtures']) {
    if (existsSync(join(root, 'test', name)))
      cpSync(join(root, 'test', name), join(old, BORROWED, name), { recursive: true });
  }
}

/**
 * Finds what measures a part at the old commit, by the first round: this folder's bench, or that commit's own where the
 * code has changed too much for this one; no folder where it has none either.
 */
async function oldSide(old, part, signal, { how, old: reports }) {
  say(`${part}, round 1: old …`);
  const borrowed = await measure(old, BORROWED, [part, '--json'], { signal });
  if (borrowed.code === 0) {
    how.push(`${part}: the same bench on both sides`);
    reports.push(JSON.parse(borrowed.out).reports);
    return { folder: BORROWED, reports };
  }
  const why = (/^.*Error.*: .*$/m.exec(borrowed.err)?.[0] ?? `it ended with ${borrowed.code}`).replaceAll(
    `${old}/`,
    '',
  );
  const own = await measure(old, 'test', [part, '--json'], { signal });
  if (own.code === 0) {
    how.push(`${part}: each side's own bench, as the new one does not run on the old side: ${why}`);
    reports.push(JSON.parse(own.out).reports);
    return { folder: 'test', reports };
  }
  how.push(`${part}: the old side has none that runs: ${why}`);
  return { folder: undefined, reports };
}

async function measured({ root, folder, name }, part, signal) {
  const { code, out, err } = await measure(root, folder, [part, '--json'], { signal });
  if (code !== 0) throw new Error(`${part} failed on the ${name} side:\n${err.trim()}`);
  return JSON.parse(out);
}
