import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { launchOf } from '../../src/import/launch.js';

describe('which npm package a command starts', () => {
  for (const [command, args, name, range, rest] of [
    ['npx', ['-y', 'time-mcp'], 'time-mcp', '', []],
    ['npx', ['-y', 'time-mcp@1.0.6', '--zone', 'UTC'], 'time-mcp', '1.0.6', ['--zone', 'UTC']],
    ['npx', ['--yes', '@scope/server@^2.1.0'], '@scope/server', '^2.1.0', []],
    ['npx', ['@scope/server@latest', '--', '-x'], '@scope/server', 'latest', ['-x']],
    ['npx', ['-y', '--', 'time-mcp', '-x'], 'time-mcp', '', ['-x']],
    ['npx', ['-p', '@scope/server@1.2.3', 'server', 'a'], '@scope/server', '1.2.3', ['a']],
    ['npx', ['--package=time-mcp', '--', 'time-mcp'], 'time-mcp', '', []],
    ['/usr/local/bin/npx', ['time-mcp'], 'time-mcp', '', []],
    ['C:\\node\\npx.cmd', ['time-mcp'], 'time-mcp', '', []],
    ['cmd', ['/c', 'npx', '-y', 'time-mcp'], 'time-mcp', '', []],
    ['bunx', ['time-mcp'], 'time-mcp', '', []],
    ['pnpm', ['dlx', 'time-mcp'], 'time-mcp', '', []],
    ['npm', ['exec', '-y', 'time-mcp'], 'time-mcp', '', []],
  ] as const) {
    test(`${command} ${args.join(' ')}`, () => {
      assert.deepEqual(launchOf(command, args), { name, range, args: [...rest] });
    });
  }

  for (const [command, args, because] of [
    ['docker', ['run', 'x'], /container/],
    ['uvx', ['mcp-server-fetch'], /Python/],
    ['python3', ['-m', 'x'], /Python/],
    ['node', ['server.js'], /a file on this machine/],
    ['bash', ['-c', 'npx time-mcp'], /shell/],
    ['npx', [], /names no package/],
    ['npx', ['github:owner/repo'], /not a package of the npm registry/],
    ['npx', ['./local'], /not a package of the npm registry/],
    ['npx', ['-p', 'one', '-p', 'two', 'one'], /several packages/],
    ['npx', ['-p', '@scope/server', 'other'], /one of several programs/],
    ['npx', ['--registry', 'http://x', 'time-mcp'], /option --registry/],
    ['pnpm', ['start'], /no npm package/],
    ['/opt/tools/weather', [], /weather is no npm package/],
  ] as const) {
    test(`${command} ${args.join(' ')}: none`, () => {
      const launch = launchOf(command, args);
      assert.ok('because' in launch);
      assert.match(launch.because, because);
    });
  }
});
