import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type Outside, openOutside } from '../support/outside.js';
import { until } from '../support/until.js';
import { prepareStack, type Stack } from './stack.js';
import { type Attempt, attempt, binding, publishing } from './trespass.js';

const SERVICES = [
  'system1-operations',
  'system2-coordination',
  'system3-control',
  'system4-intelligence',
  'system5-policy',
  'consciousness',
  'gateway',
];
const SLOW = { timeout: 240_000 };

interface Status {
  viable: boolean;
  reasons: string[];
  systems: Record<string, { present: boolean; instances: { instance: string; ready: boolean }[] }>;
}
interface Account {
  received: number;
  outcomes: Record<string, number>;
}
interface Capabilities {
  capabilities: { server: string; origin: string; state: string; confinement?: string; tools: unknown[] }[];
}

describe('the front desk in containers', { timeout: 1_800_000 }, () => {
  let stack: Stack;
  let outside: Outside;
  let pulse: NodeJS.Timeout;
  const ending: { after(fn: () => Promise<void>): void } = { after: (fn) => closes.push(fn) };
  const closes: (() => Promise<void>)[] = [];
  let passed = 0;
  let begun = 0;
  const step = (name: string, run: () => Promise<void>) =>
    it(name, async () => {
      begun++;
      await run();
      passed++;
    });
  const drop = (name: string, text: string) => writeFile(join(stack.home, 'desk/inbox', name), text);
  const last = (id: string) => outside.outcomes.get(id)?.at(-1)?.outcome;
  const status = () => stack.get<Status>('/status');
  const instances = async (system: string) => (await status()).systems[system]?.instances.filter((i) => i.ready) ?? [];
  const viable = (what: string) =>
    until(async () => (await status().catch(() => undefined))?.viable, { ...SLOW, what: `viable ${what}` });

  before(async () => {
    stack = await prepareStack();
    // The outcomes are listened to before anything can happen.
    await stack.compose('up', '-d', '--no-build', 'topology');
    await until(async () => (await exitCode('topology')) === '0', { ...SLOW, what: 'topology is applied' });
    outside = await openOutside(ending, await stack.amqp('world'), 'vsm');
    await stack.compose('up', '-d', '--no-build');
    await until(() => stack.get('/status').then(Boolean, () => false), { ...SLOW, what: 'the gateway answers' });
    // The event that the unit `backups` expects from the world at least every 10 s.
    const backup = () => drop('backup.ok', new Date().toISOString()).catch(() => {}); // no inbox yet
    pulse = setInterval(() => void backup(), 3000);
  });

  after(async () => {
    clearInterval(pulse);
    if (stack === undefined) return;
    if (passed < begun) process.stderr.write(await stack.compose('logs', '--no-color', '--tail', '80').catch(String));
    for (const close of closes) await close();
    await stack.down();
  });

  async function exitCode(service: string): Promise<string> {
    const [id = ''] = await stack.containers(service);
    return (await stack.docker('inspect', '-f', '{{.State.Status}} {{.State.ExitCode}}', id))
      .replace('exited ', '')
      .trim();
  }

  step('all containers are healthy, none runs as root or can write its own files', async () => {
    for (const service of SERVICES) {
      const [id = ''] = await stack.containers(service);
      const health = () => stack.docker('inspect', '-f', '{{.State.Health.Status}}', id);
      await until(async () => (await health()).trim() === 'healthy', { ...SLOW, what: `${service} is healthy` });
      const limits = '{{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}} {{.HostConfig.SecurityOpt}}';
      assert.match(await stack.docker('inspect', '-f', limits, id), /^true \[ALL\] .*no-new-privileges/i, service);
      assert.notEqual((await stack.docker('exec', id, 'id', '-u')).trim(), '0', service);
    }
    await viable('after the start');
  });

  step('System 1 confines servers in its container, and says how', async () => {
    const said = (await stack.compose('logs', '--no-color', 'system1-operations'))
      .split('\n')
      .find((line) => line.includes('servers are confined'));
    assert.match(said ?? '', /"confinement":"(bubblewrap|namespace)"/);
  });

  step('what is dropped and what is published is answered; what nothing answers gets its tool', async () => {
    await drop('milk.md', 'Buy milk');
    await drop('nightly.cron', '0 3 * * *');
    await Promise.all([
      ...Array.from({ length: 20 }, (_, i) => outside.publish('file.md', `note-${i}`, note(`note-${i}`))),
      outside.publish('file.cron', 'cron-1', { name: 'weekly.cron', text: '0 9 * * 1' }),
    ]);
    const answered = () =>
      last('cron-1') === 'answered' && [...Array(20).keys()].every((i) => last(`note-${i}`) === 'answered');
    await until(answered, { ...SLOW, what: 'all is answered' });
    assert.deepEqual(
      outside.outcomes.get('cron-1')?.map(({ outcome }) => outcome),
      ['parked', 'answered'],
      'it waited first',
    );
    const { capabilities } = await stack.get<Capabilities>('/capabilities');
    const calc = capabilities.find(({ server }) => server === 'calc');
    assert.equal(calc?.origin, 'acquired');
    assert.match(calc.confinement ?? '', /bubblewrap|namespace/);
    const answer = (name: string) => readFile(join(stack.home, 'desk/outbox', name), 'utf8').catch(() => undefined);
    const cron = await until(() => answer('nightly.cron.answer.md'), { ...SLOW, what: 'an answer beside the file' });
    assert.match(cron, /at minute 0, at hour 3/);
    assert.ok(await answer('milk.md.answer.md'));
  });

  step('killed, they come back, and nothing is lost', async () => {
    const [control = ''] = await stack.containers('system3-control');
    const [operations = ''] = await stack.containers('system1-operations');
    const notes = Array.from({ length: 40 }, (_, i) => `killed-${i}`);
    const publishing = notes.map((id) => outside.publish('file.md', id, note(id)));
    // The process dies: the restart policy brings it back.
    await stack.docker('exec', control, 'sh', '-c', 'kill -9 $(pidof node)');
    // The container is killed: an operator has to start it, as the engine takes that for his will.
    await stack.docker('kill', operations);
    await stack.compose('up', '-d', '--no-build');
    await Promise.all(publishing);
    await until(async () => (await restarts(control)) > 0, { ...SLOW, what: 'System 3 is restarted' });
    await until(() => notes.every((id) => last(id) === 'answered' || last(id) === 'doubt'), {
      ...SLOW,
      what: 'all notes are answered or in doubt',
    });
    const ready = async () => (await Promise.all(['1', '3'].map(instances))).every((list) => list.length === 1);
    await until(ready, { ...SLOW, what: 'Systems 1 and 3 are back' });
    // A call that may have happened when the replica died is in doubt, and hurts until a person has looked.
    await stack.post('/alerts/acknowledge', { by: 'test' });
    await viable('after the kills');
  });

  async function restarts(id: string): Promise<number> {
    return Number(await stack.docker('inspect', '-f', '{{.RestartCount}}', id));
  }

  step('three replicas of System 1 share the work', async () => {
    await stack.compose('up', '-d', '--no-build', '--scale', 'system1-operations=3');
    await until(async () => (await instances('1')).length === 3, { ...SLOW, what: 'three replicas are ready' });
    const ids = Array.from({ length: 300 }, (_, i) => `ok-${i}`);
    const notes = Array.from({ length: 30 }, (_, i) => `shared-${i}`);
    await Promise.all([
      ...ids.map((id) => outside.publish('file.ok', id, {})),
      ...notes.map((id) => outside.publish('file.md', id, note(id))),
    ]);
    await until(() => ids.every((id) => last(id) === 'noted') && notes.every((id) => last(id) === 'answered'), {
      ...SLOW,
      what: 'all is noted or answered',
    });
    const replicas = new Set(ids.map((id) => outside.outcomes.get(id)?.[0]?.by));
    assert.equal(replicas.size, 3, [...replicas].join(' '));
    // One replica owns the server that writes: each note is there once.
    const kept = (await readFile(join(stack.home, 'desk/memory.jsonl'), 'utf8')).split('\n');
    for (const id of notes) assert.equal(kept.filter((line) => line.includes(`"${id}@`)).length, 1, id);
  });

  step('the account balances with what was seen from outside', async () => {
    await stack.compose('stop', 'system4-intelligence'); // no more senses
    let account: Account = { received: -1, outcomes: {} };
    let seen: Record<string, number> = {};
    const balances = async () => {
      account = await stack.get<Account>('/account');
      seen = tally(outside);
      return sum(account.outcomes) === account.received && sum(seen) === account.received;
    };
    await until(balances, { ...SLOW, what: 'all that was received has its outcome outside' }).catch((error: Error) => {
      throw new Error(`${error.message}: ${JSON.stringify({ account, seen })}`);
    });
    assert.deepEqual(sorted(seen), sorted(account.outcomes));
    await stack.compose('start', 'system4-intelligence');
  });

  const forbidden: [string, string, Attempt][] = [
    ['s1', 'publish a command', publishing('vsm.command', 's1.any.try')],
    ['s1', 'speak for System 3', publishing('vsm.report', 's3.any.performance')],
    ['s1', 'put something into a queue past the exchanges', publishing('', 'vsm.s3.command')],
    ['s1', 'declare an exchange', (channel) => channel.assertExchange('vsm.mine', 'topic')],
    ['s1', 'declare a durable queue', (channel) => channel.assertQueue('vsm.s1.more')],
    ['s1', 'read the queue of another', (channel) => channel.consume('vsm.s5.algedonic', () => {})],
    ['s1', 'listen to the commands of others', binding('vsm.own.s1.ear', 'vsm.command', '#')],
    ['s1', 'listen to what Systems 3, 4 and 5 say', binding('vsm.own.s1.ear', 'vsm.intelligence', '#')],
    ['s4', 'give itself leave', publishing('vsm.intelligence', 's5.verdict')],
    ['gateway', 'publish a command', publishing('vsm.command', 's3.any.acquire')],
    ['world', 'report something', publishing('vsm.report', 's1.x.load')],
    ['world', 'read the work', (channel) => channel.consume('vsm.s1.work', () => {})],
  ];
  for (const [party, what, act] of forbidden) {
    step(`the broker refuses ${party} to ${what}`, async () => {
      assert.match(await attempt(await stack.amqp(party), act), /ACCESS_REFUSED/);
    });
  }

  step('and allows it what the table does', async () => {
    assert.equal(await attempt(await stack.amqp('s1'), binding('vsm.own.s1.ear', 'vsm.command', 's1.all.*')), 'done');
    assert.equal(await attempt(await stack.amqp('world'), binding('vsm.own.world.ear', 'vsm.outcome', '#')), 'done');
  });
});

function note(name: string): object {
  return { name, text: `text of ${name}`, sha: 'none' };
}

/** The last outcome of each event, counted. */
function tally({ outcomes }: Outside): Record<string, number> {
  const ends = new Map<string, string>();
  for (const record of [...outcomes.values()].flat()) {
    ends.set(`${record.event.source} ${record.event.id}`, record.outcome);
  }
  const counts: Record<string, number> = {};
  for (const outcome of ends.values()) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}

function sum(counts: Record<string, number>): number {
  return Object.values(counts).reduce((total, n) => total + n, 0);
}

function sorted(counts: Record<string, number>): [string, number][] {
  return Object.entries(counts)
    .filter(([, n]) => n > 0)
    .sort(([a], [b]) => a.localeCompare(b));
}
