import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { run } from '../../src/run.js';
import { machineOnce } from '../../src/sandbox/machine.js';

const MACHINE = join(import.meta.dirname, '../../src/sandbox/machine.ts');
const LOOK = `import { lookAtMachine } from ${JSON.stringify(MACHINE)};
console.log(JSON.stringify((await lookAtMachine()).rungs.map(({ rung, ok, reached }) => [rung, ok ? reached : 'no'])));`;
/** A user who owns nothing here. */
const SOMEBODY = '61234';

const { confiners, rungs } = await machineOnce();

test("an ordinary user's fleet reaches what root's does", {
  skip: (process.getuid?.() !== 0 || confiners.setpriv === undefined) && 'the fleet is not root',
}, async () => {
  const user = ['--reuid', SOMEBODY, '--regid', SOMEBODY, '--clear-groups', '--'];
  const node = [process.execPath, '--import', 'tsx', '-C', 'source', '--input-type=module', '-e', LOOK];
  const { stdout, stderr } = await run(confiners.setpriv ?? '', [...user, ...node], {
    cwd: import.meta.dirname,
    env: { PATH: process.env.PATH, HOME: '/tmp', TSX_DISABLE_CACHE: '1' },
    timeout: 60_000,
  });
  assert.ok(stdout.startsWith('['), stderr);
  const isStrong = ([rung]: [string, string]) => rung === 'bubblewrap' || rung === 'namespace';
  const found: [string, string][] = JSON.parse(stdout);
  const own = rungs.map(({ rung, ok, reached }): [string, string] => [rung, ok ? reached : 'no']);
  assert.deepEqual(found.filter(isStrong), own.filter(isStrong));
});
