import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readTap } from './suites.mjs';

/** Process groups of the test files that run now, so that Ctrl-C ends all that they started. */
const running = new Set();

/** Notes what a test's process takes of the processors. */
const USAGE = new URL('./usage.mjs', import.meta.url).href;

/**
 * Runs one test file in a process group of its own, which is killed when the file takes longer than `limit` ms.
 * @param {string} file as people know it
 * @param {{ root: string, limit: number, print: (text: string) => void, compiled?: string, record?: boolean }} options
 * `print` gets
 * the output as it comes; `compiled` is what runs instead of the file itself; `record` measures what it costs
 * @returns counts, and what it took: { wall, cpu } in seconds
 */
export function runFile(file, { root, limit, print, compiled = file, record = false }) {
  const folder = mkdtempSync(join(tmpdir(), 'vsmcp-test-'));
  const report = join(folder, 'report.tap');
  const usage = join(folder, 'usage');
  const reporters = [
    '--test-reporter=spec',
    '--test-reporter-destination=stdout',
    '--test-reporter=tap',
    `--test-reporter-destination=${report}`,
  ];
  const start = performance.now();
  return new Promise((resolve, reject) => {
    // without --test, which would start a second process for the file
    const recorder = record ? ['--import', USAGE] : [];
    const child = spawn(process.execPath, ['--enable-source-maps', ...recorder, ...reporters, compiled], {
      cwd: root,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        NODE_TEST_CONTEXT: undefined, // node:test would report to the test run that this runs in, if it does
        VSMCP_TEST_RUN: String(process.pid),
        VSMCP_TEST_USAGE: record ? usage : undefined,
        FORCE_COLOR: process.stdout.isTTY ? '1' : '0',
      },
    });
    running.add(child.pid);
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => print(String(chunk)));
    const timer = setTimeout(() => {
      print(`\n${file} took longer than ${limit / 1000} s: its processes are killed\n`);
      endGroup(child.pid);
    }, limit);
    child.on('error', reject);
    child.on('exit', () => endGroup(child.pid)); // what a test left behind would hold the pipes open
    child.on('close', (code) => {
      clearTimeout(timer);
      running.delete(child.pid);
      const result = readTap(readIfThere(report), code ?? 1);
      const cost = { wall: (performance.now() - start) / 1000, cpu: Number(readIfThere(usage)) };
      rmSync(folder, { recursive: true, force: true });
      resolve({ file, cost, ...result });
    });
  });
}

export function endAll() {
  for (const group of running) endGroup(group);
}

function endGroup(group) {
  try {
    process.kill(-group, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error; // nobody of the group is left: that is the aim
  }
}

/**
 * The report that a test's process has left in a file; empty where it ended before it could: readTap counts such a file
 * as failed.
 */
function readIfThere(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return '';
    throw error;
  }
}
