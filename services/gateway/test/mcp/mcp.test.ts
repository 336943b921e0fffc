import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { CallToolResultSchema, ToolListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { type Capability, Proposal } from '@vsmcp/vsm';
import { type Fleet, openFleet } from '../../../../test/support/fleet.js';
import { consciousness } from '../../../consciousness/src/index.js';
import { EVERYTHING, MEMORY, replica } from '../../../system1-operations/test/support/replica.js';
import { system3 } from '../../../system3-control/src/index.js';
import { system5 } from '../../../system5-policy/src/index.js';
import { proposal, WANTS_GIT } from '../../../system5-policy/test/proposals.js';
import { gatewayForTests } from '../support.js';
import { connect, intelligence, read, use } from './support.js';

const TOKEN = 'a-token-that-only-the-planner-has';
const READS =
  'status variety units waiting held_list held_show capabilities_list capabilities_discover journal decisions_list alerts_list';
const CHANGES =
  'events_publish operations_run capabilities_acquire held_replay held_discard decisions_decide alerts_acknowledge find_tool call_tool';

const { service, url } = gatewayForTests();
const four = intelligence();
let fleet: Fleet;
let anyone: Client;
let planner: Client;
before(async () => {
  const token = createHash('sha256').update(TOKEN).digest('hex');
  fleet = await openFleet({
    services: [replica(), system3, four, system5, consciousness, service],
    config: {
      name: 'desk',
      servers: { every: EVERYTHING, memory: MEMORY },
      policy: { acquire: { from: ['io.github.*/*'], ask: 'otherwise' } },
      units: { desk: { absorbs: 'file.#', responses: { 'file.ok': 'noted' } } },
      gateway: {
        agents: {
          planner: {
            token,
            may: ['call_tool', 'events_publish', 'held_discard', 'capabilities_acquire', 'decisions_decide'],
          },
        },
      },
    },
  });
  anyone = (await connect(url())).client;
  planner = (await connect(url(), { token: TOKEN })).client;
  await fleet.until(
    async () => {
      const { isError, structuredContent } = await use(anyone, 'capabilities_list');
      const rows = (structuredContent?.capabilities ?? []) as Capability[];
      return !isError && rows.length === 2 && rows.every(({ state }) => state === 'ready');
    },
    { timeout: 60_000, what: 'the servers are ready' },
  );
});
after(async () => {
  await Promise.all([anyone.close(), planner.close()]);
  await fleet.stop();
});

test('it says what it is, and lists its tools with titles, schemas and annotations', async () => {
  assert.match(anyone.getInstructions() ?? '', /find_tool/);
  assert.equal(anyone.getServerVersion()?.name, 'vsmcp');
  const lists = await Promise.all([anyone.listTools(), planner.listTools()]);
  const tools = lists.flatMap((list) => list.tools);
  assert.deepEqual(
    [...new Set(tools.map(({ name }) => name))].sort(),
    `${READS} ${CHANGES}`
      .split(' ')
      .filter((name) => !['held_replay', 'alerts_acknowledge'].includes(name))
      .sort(),
  );
  for (const { name, title, description, inputSchema, outputSchema, annotations } of tools) {
    assert.ok(title && description, name);
    assert.equal(inputSchema.type, 'object');
    assert.equal(outputSchema === undefined, name === 'call_tool', name);
    assert.equal(annotations?.readOnlyHint, READS.split(' ').includes(name), name);
    assert.equal('by' in (inputSchema.properties ?? {}), false, `${name}: who asks is not the client's to say`);
  }
});

test('an agent sees the tools that it may call, and no others', async () => {
  const changing = async (client: Client) =>
    (await client.listTools()).tools
      .map(({ name }) => name)
      .filter((name) => CHANGES.split(' ').includes(name))
      .sort();
  assert.deepEqual(await changing((await connect(url())).client), ['call_tool', 'find_tool', 'operations_run']);
  assert.deepEqual(await changing((await connect(url(), { token: TOKEN })).client), [
    'call_tool',
    'capabilities_acquire',
    'decisions_decide',
    'events_publish',
    'held_discard',
    'operations_run',
  ]);
});

test('everything that only reads is open to anyone, and fits its own output schema', async () => {
  const { systems } = await read(anyone, 'status');
  assert.equal(systems[1].units, 1);
  const { capabilities } = await read(anyone, 'capabilities_list', { server: 'memory' });
  assert.deepEqual(capabilities[0].grants.writes, ['desk']);
  assert.ok(capabilities[0].tools.includes('read_graph'));
  assert.equal((await read(anyone, 'units', { name: 'desk' })).total, 1);
  for (const name of ['variety', 'waiting', 'held_list', 'capabilities_discover', 'decisions_list', 'alerts_list']) {
    await read(anyone, name);
  }
  const { entries } = await read(anyone, 'journal', { system: 's3', limit: 1 });
  assert.equal(entries.length, 1);
});

test('a tool is found by wish and called at once; what is found is put on the list, and can be called by its own name', async () => {
  let changed = 0;
  anyone.setNotificationHandler(ToolListChangedNotificationSchema, () => void changed++);
  const found = await read(anyone, 'find_tool', { wish: 'the sum of two numbers' });
  assert.equal(found.met, true);
  const [best] = found.tools;
  assert.equal(best.name, 'every__get-sum');
  assert.deepEqual(best.inputSchema.required, ['a', 'b']);
  assert.equal(best.safe, true);
  const called = await use(anyone, 'call_tool', { name: best.name, arguments: { a: 2, b: 40 } });
  assert.match(called.text, /42/);
  await fleet.until(() => changed > 0, { what: 'the client is told that the list changed' });
  assert.ok((await anyone.listTools()).tools.some(({ name }) => name === best.name));
  assert.match((await use(anyone, best.name, { a: 1, b: 1 })).text, /2/);
  assert.ok(!(await planner.listTools()).tools.some(({ name }) => name === best.name), 'on this session’s list alone');
});

test('a call goes through System 3: it has an outcome, and the journal names the agent', async () => {
  const { operation, outcome } = await read(anyone, 'operations_run', {
    tool: 'every.echo',
    params: { message: 'hi' },
  });
  assert.equal(outcome.outcome, 'answered');
  assert.ok(fleet.outcomes.some(({ event }) => event.id === operation));
  const { entries } = await read(anyone, 'journal', { type: 'operate' });
  assert.equal(entries[0].cause, 'agent:anyone');
});

test('what a tool itself says went wrong is an error with its own words, and structured content comes through', async () => {
  const wrong = await use(anyone, 'call_tool', { name: 'every__get-sum', arguments: { a: 'x' } });
  assert.equal(wrong.isError, true);
  assert.match(wrong.text, /a|number/);
  const weather = await use(anyone, 'call_tool', {
    name: 'every__get-structured-content',
    arguments: { location: 'New York' },
  });
  assert.equal(typeof weather.structuredContent?.temperature, 'number');
});

test('a change without a grant is refused with the line that would grant it, and the refusal is journalled once', async () => {
  const args = { name: 'memory__create_entities', arguments: { entities: [] } };
  for (const _ of [1, 2]) {
    const refused = await use(anyone, 'call_tool', args);
    assert.equal(refused.isError, true);
    assert.match(refused.text, /below gateway\.agents, .*: anyone: \{ may: \[find_tool, call_safe, call_tool\] \}/);
  }
  for (const [name, more] of [
    ['events_publish', { type: 'file.ok' }],
    ['held_discard', { because: 'x' }],
    ['held_replay', { because: 'x' }],
    ['capabilities_acquire', { server: 'x' }],
    ['decisions_decide', { proposal: 'x', verdict: 'allow' }],
    ['alerts_acknowledge', { alert: 'x' }],
  ] as const) {
    const { isError, text } = await use(anyone, name, more);
    assert.ok(isError && text.includes(`anyone: { may: [find_tool, call_safe, ${name}] }`), text);
  }
  const { entries } = await read(anyone, 'journal', { type: 'act.refused', limit: 100 });
  const calls = entries.filter((entry: { data: { tool?: string } }) => entry.data.tool === 'create_entities');
  assert.equal(calls.length, 1);
  assert.equal(calls[0].cause, 'agent:anyone');
  assert.equal(entries.length, 7);
});

test('with the grant it is done, in the agent’s own name', async () => {
  const published = await read(planner, 'events_publish', { type: 'file.cron', data: { text: '0 9 * * *' } });
  assert.equal(published.source, '/agents/planner');
  await fleet.until(async () => (await read(planner, 'held_list', { type: 'file.cron' })).total === 1);
  const { held } = await read(planner, 'held_show', { source: published.source, id: published.id });
  assert.equal(held.event.data.text, '0 9 * * *');
  assert.equal((await read(planner, 'waiting')).waiting[0].type, 'file.cron');
  await read(planner, 'held_discard', { type: 'file.cron', because: 'not ours' });
  await fleet.until(async () => (await read(planner, 'held_list', { type: 'file.cron' })).total === 0);
  const { entries } = await read(planner, 'journal', { type: 'settle' });
  assert.equal(entries[0].data.by, 'agent:planner');
  const refused = await use(planner, 'find_tool', { wish: 'add numbers' });
  assert.match(refused.text, /planner: \{ token: …, may: \[.*, find_tool\] \}/, 'what is not named is not granted');
});

test('a wish that nothing fulfils is said to the fleet, counts as variety, and is waited for with progress', async () => {
  const wish = 'translate a text to Klingon';
  const unmet = await read(anyone, 'find_tool', { wish });
  assert.equal(unmet.met, false);
  assert.equal(unmet.demand.type, 'demand.translate.text.klingon');
  const said = await fleet.until(() => four.wishes.find((demand) => demand.type === unmet.demand.type));
  assert.deepEqual(said, { type: unmet.demand.type, wish, by: 'agent:anyone' });
  const gap = await fleet.until(async () => {
    const { gaps } = await read(anyone, 'variety');
    return (gaps as { type?: string; system: string; events: number }[]).find(({ type }) => type === unmet.demand.type);
  });
  assert.deepEqual([gap.system, gap.events], ['s4', 1]);

  const messages: string[] = [];
  const waits = anyone.callTool({ name: 'find_tool', arguments: { wish, wait: 30 } }, undefined, {
    onprogress: ({ message }) => void messages.push(message ?? ''),
  });
  const acquisition = { proposal: 'p', type: unmet.demand.type, because: 'looks' };
  four.acquisitions.set('p', { ...acquisition, step: 'searching' });
  await fleet.until(() => messages.some((message) => message === 'searching: looks'), { what: 'progress is told' });
  // what was acquired for this wish fulfils it, whatever its words
  four.acquisitions.set('p', { ...acquisition, step: 'closed', server: 'every', tool: 'echo' });
  const answer = CallToolResultSchema.parse(await waits).structuredContent;
  assert.equal(answer?.met, true);
  assert.match(JSON.stringify(answer.tools), /every__echo/);
  assert.equal(four.wishes.filter((demand) => demand.type === unmet.demand.type).length, 1, 'said once');
});

test('when none of what was found does it, another is looked for; an acquisition that ends without ends the wait', async () => {
  const wish = 'the sum of two numbers';
  const waits = read(anyone, 'find_tool', { wish, none_fits: true, wait: 60 });
  const { type } = await fleet.until(() => four.wishes.find((demand) => demand.wish === wish));
  four.acquisitions.set('q', { proposal: 'q', type, step: 'nothing-found', because: 'no registry has it' });
  const { met, demand } = await waits;
  assert.deepEqual([met, demand], [false, { type, step: 'nothing-found', because: 'no registry has it' }]);
});

test('wishes are bounded, and what is wrong with a call is said with its mend', async () => {
  const wishes = Array.from({ length: 12 }, (_, n) => use(anyone, 'find_tool', { wish: `qqq${n} zzz${n}` }));
  const refused = (await Promise.all(wishes)).filter(({ isError }) => isError);
  assert.match(refused[0]?.text ?? '', /too many new wishes within a minute; wait a minute/);
  for (const [name, args, says] of [
    ['find_tool', { wish: '' }, /wish.*input schema of find_tool/s],
    ['held_show', { source: 'a', id: 'b' }, /no held event has source a and id b; held_list names them/],
    ['call_tool', { name: 'every__nothing' }, /no tool every__nothing ready; find_tool names those/],
    ['journal', { limit: 5000 }, /limit/],
  ] as const) {
    const { isError, text } = await use(anyone, name, args);
    assert.equal(isError, true);
    assert.match(text, says);
  }
  await assert.rejects(anyone.callTool({ name: 'nothing' }), /-32602.*there is no tool nothing; find_tool/);
});

test('nobody decides what they asked for; another may', async () => {
  assert.match((await read(planner, 'capabilities_acquire', { type: 'file.cron' })).because, /System 4 looks/);
  // System 4 proposes what somebody asked for in their name, and policy leaves it to a person
  for (const [id, by] of [
    ['own', 'agent:planner'],
    ['other', 'agent:anyone'],
  ] as const) {
    const said = proposal({ proposal: id, by, grants: WANTS_GIT });
    await fleet.context(four).say(Proposal, 's4.proposal', said);
  }
  const { pending } = await fleet.until(async () => {
    const answer = await read(planner, 'decisions_list');
    return answer.pending.length === 2 && answer;
  });
  assert.ok(pending.some(({ asked_by }: { asked_by: string }) => asked_by === 'agent:planner'));
  const own = await use(planner, 'decisions_decide', { proposal: 'own', verdict: 'allow', by: 'ada' });
  assert.equal(own.isError, true);
  assert.match(own.text, /agent:planner asked for it: nobody approves their own request/);
  await read(planner, 'decisions_decide', { proposal: 'other', verdict: 'deny', because: 'no git here' });
  const { decided } = await read(planner, 'decisions_list');
  assert.deepEqual([decided[0].by, decided[0].because], ['agent:planner', 'no git here']);
  const { entries } = await read(planner, 'journal', { type: 'act.refused', limit: 1 });
  assert.deepEqual([entries[0].cause, entries[0].data.action], ['agent:planner', 'decide']);
});
