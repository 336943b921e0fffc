import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { until } from '../support/until.js';
import { startUp, type Up } from '../support/up.js';

const sample = (name: string) => readFile(fileURLToPath(new URL(`../../${name}`, import.meta.url)), 'utf8');

interface Capability {
  server: string;
  origin: string;
  state: string;
  version: string;
  tools: { name: string }[];
  confinement: string;
  integrity?: string;
  only?: string[];
}
interface Journal {
  entries: { system: string; type: string; cause: string | null; data: unknown }[];
}

/** The day of `npm start`, for its two minutes and a little more. */
describe('the front desk', () => {
  it('closes its gaps, is refused, asks, damps and climbs', { timeout: 290_000 }, async (t) => {
    const up = await startUp(t, {
      first: true,
      config: await sample('vsmcp.yaml'),
      files: { 'desk/day.yaml': await sample('desk/day.yaml') },
      before: (home) => {
        const git = (...args: string[]) =>
          execFileSync('git', ['-c', 'user.name=T', '-c', 'user.email=t@localhost', ...args], { cwd: home });
        git('init', '-q');
        git('commit', '-q', '--allow-empty', '-m', 'the first commit');
      },
    });

    // a person says yes to the git server
    const { proposal } = await until(
      async () => {
        const { pending } = await up.get<{ pending: { proposal: { proposal: string; type: string } }[] }>('/decisions');
        return pending.find((one) => one.proposal.type === 'git.commit')?.proposal;
      },
      { timeout: 120_000, what: 'the git server asks' },
    );
    const approved = await up.vsmcp('decisions', 'approve', proposal);
    assert.equal(approved.code, 0, approved.stderr);

    const git = await acquired(up, 'git.commit');
    assert.ok(git.only && git.only.length > 0 && git.only.length < 28, 'only its read-only tools are offered');

    const cron = await answerOf(up, 'standup-3.cron');
    assert.match(cron, /calc\.cron_parse/);
    const deadline = await answerOf(up, 'launch-3.deadline');
    assert.match(deadline, /time\.relative_time/);

    const refused = await answerOf(up, 'hello.js');
    assert.match(refused, /no-strangers-code/);

    const { held } = await up.get<{ held: { type: string; because: string; cause?: string }[] }>('/held?reason=parked');
    const vague = held.filter(({ type }) => type === 'file.deadline');
    assert.equal(vague.length, 1, '"soonish" waits');
    assert.match(vague[0]?.because ?? '', /guard/);

    const { capabilities } = await up.get<{ capabilities: Capability[] }>('/capabilities');
    for (const one of capabilities) {
      assert.ok(['configured', 'acquired'].includes(one.origin));
      assert.equal(one.state, 'ready', `${one.server}`);
      assert.ok(one.tools.length > 0 && one.confinement, `${one.server}`);
    }
    const calc = capabilities.find(({ server }) => server === 'calc');
    assert.equal(calc?.origin, 'acquired');
    assert.equal(calc?.version, '2.1.1');
    assert.match(calc?.integrity ?? '', /^sha512-/);

    await until(
      async () =>
        (await loops(up)).some(({ resource, state }) => resource === 'notice/welcome.md' && state === 'damped'),
      {
        timeout: 60_000,
        what: 'System 2 damps tidy and pinboard',
      },
    );
    await until(() => up.output().includes('pain climbs to System 5'), { timeout: 60_000, what: 'pain climbs' });
    await until(() => up.output().includes('backups        over'), { timeout: 90_000, what: 'pain ends' });
    await until(() => up.output().includes('Your turn'), { timeout: 60_000, what: 'the day ends' });

    // every step stands in the journal with its cause
    const { entries } = await up.get<Journal>('/journal?limit=1000');
    const of = (text: string) => entries.filter((entry) => JSON.stringify(entry.data).includes(text));
    assert.ok(
      of('@coo-quack/calc-mcp').some(({ system, cause }) => system === 's5' && cause),
      'System 5 decided',
    );
    const installed = entries.find(({ type, data }) => {
      const said = data as { server?: string; stage?: string };
      return type === 'verdict.done' && said.server === 'calc' && said.stage === 'install';
    });
    assert.ok(installed?.cause, 'System 3 commanded');
    assert.ok(of('no-strangers-code').length > 0, 'the refusal is on the journal');

    const status = await up.vsmcp('status', '--json');
    assert.equal(status.code, 0, status.stderr);
    for (const field of ['viable', 'reasons', 'systems', 'variety', 'health']) {
      assert.ok(field in JSON.parse(status.stdout), field);
    }
    const account = await up.get<{ received: number; outcomes: Record<string, number> }>('/account');
    const settledOrHeld = Object.values(account.outcomes).reduce((sum, count) => sum + count, 0);
    assert.doesNotMatch(up.output(), /shares of the pool/, 'nobody takes anything from anybody where there is plenty');
    assert.ok(account.received - settledOrHeld <= 10, `what is in progress is little: ${JSON.stringify(account)}`);
    assert.equal(await up.stop(), 0);
  });
});

async function acquired(up: Up, type: string): Promise<Capability> {
  return until(
    async () => {
      const { waiting } = await up.get<{ waiting: { type: string }[] }>('/waiting');
      const { capabilities } = await up.get<{ capabilities: Capability[] }>('/capabilities');
      const git = capabilities.find(({ server, state }) => server === 'git' && state === 'ready');
      return waiting.every((one) => one.type !== type) && git;
    },
    { timeout: 120_000, what: `${type} is answered` },
  );
}

async function answerOf(up: Up, name: string): Promise<string> {
  const outbox = join(up.home, 'desk/outbox');
  const file = await until(
    async () => (await readdir(outbox).catch(() => [])).find((one) => one === `${name}.answer.md`),
    { timeout: 180_000, what: `${name} is answered` },
  ).catch((error: Error) => assert.fail(`${error.message}\n${up.output()}`));
  return readFile(join(outbox, file), 'utf8');
}

interface Loop {
  resource: string;
  state: string;
}

async function loops(up: Up): Promise<Loop[]> {
  return (await up.get<{ loops: Loop[] }>('/coordination')).loops;
}
