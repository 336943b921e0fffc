import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readTap } from './suites.mjs';

/** Process groups of the test files that run now, so that Ctrl-C ends all that they started. */
const running = new Set();

/**
 * Runs one test file in a process group of its own, which is killed when the file takes longer than `limit` ms.
 * @param {(text: string) => void} print gets the output as it comes
 */
export function runFile(file, { root, limit, print }) {
  const folder = mkdtempSync(join(tmpdir(), 'vsmcp-test-'));
  const report = join(folder, 'report.tap');
  const reporters = [
    '--test-reporter=spec',
    '--test-reporter-destination=stdout',
    '--test-reporter=tap',
    `--test-reporter-destination=${report}`,
  ];
  return new Promise((resolve, reject) => {
    // without --test, which would start a second process for the file; with the packages as they are built, but for the tests of a package itself
    const condition = file.startsWith('libs/') ? ['-C', 'source'] : [];
    const child = spawn(process.execPath, ['--import', 'tsx', ...condition, ...reporters, file], {
      cwd: root,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      // node:test would report to the test run that this runs in, if it does
      env: {
        ...process.env,
        NODE_TEST_CONTEXT: undefined,
        VSMCP_TEST_RUN: String(process.pid),
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
      const result = readTap(readReport(report), code ?? 1);
      rmSync(folder, { recursive: true, force: true });
      resolve({ file, ...result });
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

function readReport(report) {
  try {
    return readFileSync(report, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return ''; // ended before it could report: readTap counts the file as failed
    throw error;
  }
}
