import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The test files: what tests one package, then the lab, the fleet and its faults.
 * @param {string[]} parts paths or pieces of them; none means all
 * @param {boolean} long the long proofs (`*.long.ts`) instead: minutes each, for a machine that is quiet
 * @returns {string[]} paths below `root`
 */
export function testFiles(root, parts, long = false) {
  const kind = long ? /\.long\.ts$/ : /\.test\.(ts|mjs)$/;
  const folders = (group) => (existsSync(join(root, group)) ? readdirSync(join(root, group)).sort() : []);
  const packages = ['libs', 'services'].flatMap((group) => folders(group).map((name) => `${group}/${name}/test`));
  const files = ['scripts/test', ...packages, 'test/lab', 'test/fleet', 'test/faults'].flatMap((folder) =>
    below(root, folder, kind),
  );
  return files.filter((file) => parts.length === 0 || parts.some((part) => file.includes(part.replace(/^\.\//, ''))));
}

function below(root, folder, kind) {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true })
    .map((file) => join(folder, String(file)))
    .filter((file) => kind.test(file) && !file.includes('node_modules'))
    .sort();
}

/** A failed test's error as TAP has it, on one line: the beginning of its message, and where it was thrown. */
function reason(block) {
  const message = /^ *error: (?:\|-\n)?([\s\S]*?)(?:\n *(?:code|name|stack):|$(?![\s\S]))/m.exec(block)?.[1] ?? '';
  const place = /\(.*?((?:test|src)\/[^\s)]+:\d+):\d+\)/.exec(block)?.[1];
  return `: ${message.replace(/\s+/g, ' ').trim().slice(0, 300)}${place ? ` (${place})` : ''}`;
}

/**
 * Reads the counts, and the names of what failed and was skipped, out of what node:test reports as TAP. A file without
 * a summary has failed as a whole, whatever code it ended with.
 */
export function readTap(tap, exitCode) {
  const count = (name) => Number(new RegExp(`^# ${name} (\\d+)$`, 'm').exec(tap)?.[1] ?? 0);
  const skipped = [...tap.matchAll(/^\s*(?:not )?ok \d+ - (.*?) # (?:SKIP|TODO)\s*(.*)$/gm)].map(([, test, why]) =>
    why ? `${test}: ${why}` : test,
  );
  const failures = tap.matchAll(/^ *not ok \d+ - (?!.*# (?:SKIP|TODO))(.*)(?:\n *---\n([\s\S]*?)\n *\.\.\.$)?/gm);
  const broken = [...failures].map(([, test, block]) => `${test}${block ? reason(block) : ''}`);
  const passed = count('pass');
  const failed = count('fail') + count('cancelled');
  const isWhole = exitCode === 0 && /^# pass /m.test(tap);
  return { passed, failed: failed === 0 && !isWhole ? 1 : failed, broken, skipped };
}
