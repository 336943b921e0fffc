import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { openMcpHost } from '@vsmcp/mcp';
import { type Database, type FleetConfigInput, openLog, openPostgres, realClock } from '@vsmcp/service';
import { openSystem1 } from '../../../services/system1-operations/dist/index.js';
import { system2 } from '../../../services/system2-coordination/dist/index.js';
import { CACHE } from '../../support/cache.js';
import { servePackages } from '../../support/packages.js';
import { openTestPostgres } from '../../support/postgres.js';
import { until } from '../../support/until.js';
import { inFlight, type Ran, repeated } from '../support/load.js';
import { eventOf, openOutsider } from '../support/outsider.js';
import { openServices } from '../support/pair.js';
import { type Spent, spending } from '../support/processors.js';
import { type Figure, quantile } from '../support/report.js';
import { Stages, watched } from '../support/stages.js';
import { matchingAndMapping } from './steps.js';

const NPM = '@modelcontextprotocol/server-everything@2026.8.31';
/** A server of our own, out of the test's packages, that says nothing of what its tools do. */
const PLAIN = '@fixture/unruly@1.0.0';
const RUNS = 5;
const CALLS = 4000;
const WIDTH = 64;
const ECHO = { call: 'every.echo', with: { message: '=data.text' } };

/** Processes whose processor time is told beside this one's: words of their command lines. */
const OTHERS = { 'the server': 'server-everything', PostgreSQL: 'postgres' };

type After = (end: () => Promise<void>) => void;

const CONFIG: FleetConfigInput = {
  servers: { every: { npm: NPM, parallel: true }, plain: { npm: PLAIN, parallel: true } },
  units: {
    desk: {
      responses: {
        'call.again': { ...ECHO, idempotent: true },
        'call.once': { call: 'plain.write', with: { said: '=data.text' } },
        'call.claimed': { ...ECHO, idempotent: true, claims: ['=event.id'] },
      },
    },
  },
};

/**
 * Tool calls through System 1 over stdio, beside the SDK's own client on the same server: in turn, so that what slows
 * the machine slows all.
 */
export async function toolCalls(): Promise<Figure[]> {
  const endings: (() => Promise<void>)[] = [];
  const after = (end: () => Promise<void>) => void endings.unshift(end);
  const { env } = await servePackages({ after }, 'unruly');
  Object.assign(process.env, env);
  try {
    return await measured(after);
  } finally {
    for (const end of endings) await end();
  }
}

async function measured(after: After): Promise<Figure[]> {
  const sdk = await bySdk(after);
  const embedded = await throughSystem1(after);
  const postgres = await openTestPostgres();
  if (postgres === undefined) {
    const [direct = [], inside = []] = await inTurn([sdk, embedded.call('call.again')]);
    return [
      ...figuresOf('the SDK’s client', direct),
      { what: 'through System 1', unit: 'calls/s', values: [], missing: 'no PostgreSQL here' },
      ...besideSdk('through System 1, embedded database', inside, direct),
    ];
  }
  after(() => postgres.stop());
  const database = openPostgres(postgres.url, { log: openLog('silent') });
  after(() => database.close());
  const system1 = await throughSystem1(after, database);
  system1.stages.clear();
  const [direct = [], again = [], inside = []] = await inTurn([
    sdk,
    system1.call('call.again'),
    embedded.call('call.again'),
  ]);
  const shares = system1.stages.take((RUNS + 1) * CALLS, meanOf(again));
  const [once = []] = await inTurn([system1.call('call.once')]);
  const intent = system1.stages.take((RUNS + 1) * CALLS, meanOf(once)).get('intend') ?? 0;
  const [claimed = []] = await inTurn([system1.call('call.claimed')]);
  const what = 'through System 1';
  return [
    ...figuresOf('the SDK’s client', direct),
    ...besideSdk(what, again, direct),
    ...besideSdk(`${what}, embedded database`, inside, direct),
    ...figuresOf(`${what}, a tool that must not be called twice`, once),
    { what: `${what}: writing the intent`, unit: 'ms', values: [intent] },
    ...figuresOf(`${what}, with a claim of its own`, claimed),
    ...shareFigures(what, shares, meanOf(claimed) - meanOf(again)),
  ];
}

type Spending = Ran & { spent: Spent };

/** The runs of each way, a run of each in turn; the first of all only warms. */
async function inTurn(ways: readonly ((n: number) => Promise<unknown>)[]): Promise<Spending[][]> {
  const rounds = await repeated(RUNS, async () => {
    const round: Spending[] = [];
    for (const way of ways) {
      const { done, spent } = await spending(OTHERS, () => inFlight(CALLS, WIDTH, way));
      round.push({ ...done, spent });
    }
    return round;
  });
  return ways.map((_, which) => rounds.flatMap((round) => round[which] ?? []));
}

async function bySdk(after: After): Promise<(n: number) => Promise<unknown>> {
  const host = await openMcpHost({ dataDir: CACHE, log: openLog('silent'), clock: realClock });
  const { bin } = await host.installer.install(NPM);
  const client = new Client({ name: 'bench', version: '1.0.0' });
  const cwd = await mkdtemp(join(tmpdir(), 'vsmcp-bench-'));
  after(() => rm(cwd, { recursive: true, force: true }));
  await client.connect(new StdioClientTransport({ command: process.execPath, args: [bin], cwd, stderr: 'ignore' }));
  after(() => client.close());
  return (n) => client.callTool({ name: 'echo', arguments: { message: `text ${n}` } });
}

interface ThroughSystem1 {
  stages: Stages;
  /** Publishes an event of the type and waits until it is answered. */
  call(type: string): (n: number) => Promise<void>;
}

async function throughSystem1(after: After, database?: Database): Promise<ThroughSystem1> {
  const stages = new Stages();
  const system1 = openSystem1({
    openHost: async ({ log, clock }) => stages.host(await openMcpHost({ dataDir: CACHE, log, clock })),
  });
  const settings = { max_concurrent_operations: 2 * WIDTH };
  const more = { config: CONFIG, ...(database && { database }) };
  const services = await openServices([system2, watched(system1, stages)], settings, undefined, more);
  after(() => services.stop());
  const outsider = await openOutsider(await services.join('world'));
  const ready = (type: string) => outsider.send(eventOf(randomUUID(), type, { text: '' }));
  for (const type of ['call.again', 'call.once']) {
    await until(async () => (await ready(type)) === 'answered', { timeout: 60_000, what: `${type} is answered` });
  }
  return {
    stages,
    call: (type) => async (n) => {
      const outcome = await outsider.send(eventOf(randomUUID(), type, { text: `text ${n}` }));
      if (outcome !== 'answered') throw new Error(`${type} was not answered but ${outcome}`);
    },
  };
}

function besideSdk(what: string, runs: readonly Spending[], sdk: readonly Spending[]): Figure[] {
  const ratio = runs.map(({ rate }, n) => rate / (sdk[n]?.rate ?? Number.NaN));
  return [
    ...figuresOf(what, runs, { rate: '10,000', p99: '< 10' }),
    { what: `${what} ÷ the SDK’s client`, unit: '×', values: ratio, wanted: '≥ 0.8' },
  ];
}

function figuresOf(what: string, runs: readonly Spending[], wanted?: { rate: string; p99: string }): Figure[] {
  const p99 = runs.map(({ took }) => quantile(took, 0.99));
  return [
    { what, unit: 'calls/s', values: runs.map(({ rate }) => rate), ...(wanted && { wanted: wanted.rate }) },
    { what: `${what}: p99`, unit: 'ms', values: p99, ...(wanted && { wanted: wanted.p99 }) },
    ...Object.keys(runs[0]?.spent ?? {}).map((who) => ({
      what: `${what}: processor time ${who === 'here' ? who : `of ${who}`}`,
      unit: 'µs a call',
      values: runs.map(({ spent }) => (spent[who] ?? 0) / CALLS),
    })),
  ];
}

/** How much of the time from the event's publication to its outcome each stage takes, with 64 of them under way. */
function shareFigures(what: string, stages: ReadonlyMap<string, number>, coordinate: number): Figure[] {
  const whole = stages.get('whole') ?? Number.NaN;
  const { match, map } = matchingAndMapping(CONFIG, eventOf('1', 'call.again', { text: 'text 1' }));
  const named = (name: string) => stages.get(name) ?? 0;
  const ms = {
    match,
    map,
    coordinate,
    call: named('call'),
    record: named('claim') + named('settle'),
    report: named('report'),
  };
  const rest = whole - ms.call - ms.record - ms.report - match - map;
  return Object.entries({ ...ms, 'waiting and the rest': rest }).map(([stage, took]) => ({
    what: `${what}: ${stage}${stage === 'coordinate' ? ' (with a claim, less the time without)' : ''}`,
    unit: '% of the time',
    values: [(100 * took) / whole],
  }));
}

function meanOf(runs: readonly Ran[]): number {
  const all = runs.flatMap(({ took }) => took);
  return all.reduce((sum, ms) => sum + ms, 0) / all.length;
}
