import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Grants, ServerSpec } from '@vsmcp/vsm';
import { cachedHost, grants, temporary } from './support.js';

interface Use {
  npm: string;
  args?: string[];
  env?: Record<string, string>;
  grants?: Partial<Grants>;
  tools: number;
  calls: [tool: string, args: Record<string, unknown>, answer: RegExp][];
}

/** The servers of the sample, used as it uses them. */
const uses = (home: string): Use[] => [
  {
    npm: '@modelcontextprotocol/server-memory@2026.8.31',
    env: { MEMORY_FILE_PATH: 'desk/memory.jsonl' },
    grants: { writes: ['desk'] },
    tools: 9,
    calls: [['create_entities', { entities: [{ name: 'a', entityType: 'note', observations: ['x'] }] }, /"name": "a"/]],
  },
  {
    npm: '@modelcontextprotocol/server-filesystem@2026.8.31',
    args: ['desk'],
    grants: { writes: ['desk'] },
    tools: 14,
    calls: [
      ['write_file', { path: 'outbox/host.load.md', content: '1 of 2' }, /Successfully/],
      ['move_file', { source: 'outbox/host.load.md', destination: 'archive/host.load.md' }, /Successfully/],
    ],
  },
  {
    npm: '@coo-quack/calc-mcp@2.1.1',
    tools: 21,
    calls: [['cron_parse', { expression: '0 9 * * 1-5' }, /next/i]],
  },
  { npm: 'time-mcp@1.0.6', tools: 6, calls: [['days_in_month', { date: '2026-02-01' }, /28/]] },
  {
    npm: '@cyanheads/git-mcp-server@2.15.3',
    grants: { reads: [join(home, 'repository')], runs: ['git'] },
    tools: 28,
    calls: [
      ['git_set_working_dir', { path: join(home, 'repository') }, /"success": true/],
      ['git_log', { path: join(home, 'repository'), maxCount: 1 }, /first commit/],
      ['git_show', { path: join(home, 'repository'), object: 'HEAD' }, /first commit/],
    ],
  },
  { npm: 'mcp-server-code-runner@0.1.8', tools: 1, calls: [] },
];

const { rungs } = (await cachedHost()).sandbox;

for (const { rung, ok, why } of rungs.filter((each) => each.rung !== 'none')) {
  test(`${rung}: the sample's servers start and answer`, { skip: !ok && (why ?? 'not here') }, async (t) => {
    const host = await cachedHost(rung);
    const home = await temporary(t);
    const repository = join(home, 'repository');
    for (const folder of ['desk/outbox', 'desk/archive', 'repository'])
      await mkdir(join(home, folder), { recursive: true });
    const git = (...args: string[]) => execFileSync('git', args, { cwd: repository });
    git('init', '-q');
    const who = ['-c', 'user.name=a', '-c', 'user.email=a@example.org', '-c', 'commit.gpgsign=false'];
    git(...who, 'commit', '-q', '--allow-empty', '-m', 'first commit');
    // as when the fleet runs as another user than the one who cloned it
    if (process.getuid?.() === 0) execFileSync('chown', ['-R', '1234', repository]);

    const ends = await Promise.allSettled(
      uses(home).map(async (use, n) => {
        const given = grants(use.grants);
        const spec = ServerSpec.parse({ npm: use.npm, args: use.args, env: use.env, grants: given });
        const place = { folder: join(home, `own-${n}`), home, grants: given, deadline: 30_000 };
        const { connection } = await host.start(spec, place);
        t.after(() => connection.close());
        assert.equal(connection.confinement, rung);
        assert.equal(connection.tools.length, use.tools, use.npm);
        for (const [tool, args, answer] of use.calls) {
          const result = await connection.call(tool, args, 30_000);
          assert.match((result.content[0] as { text: string }).text, answer, `${use.npm} ${tool}`);
          assert.equal(result.isError, false);
        }
      }),
    );
    assert.deepEqual(
      ends.filter((end) => end.status === 'rejected').map((end) => end.reason),
      [],
    );
    assert.ok(existsSync(join(home, 'desk/memory.jsonl')));
    assert.ok(existsSync(join(home, 'desk/archive/host.load.md')));
  });
}
