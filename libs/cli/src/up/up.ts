import { join, relative, resolve } from 'node:path';
import { httpSettings } from '@vsmcp/gateway';
import { type FleetConfig, realClock, unknownVariables } from '@vsmcp/service';
import { VsmError } from '@vsmcp/vsm';
import { checkedTree, type FleetTree } from '../config/tree.js';
import { fromEnvironment } from '../doctor/config.js';
import { type Fleet, fleetAt } from '../fleet.js';
import { count, line, tenths } from '../output.js';
import { typed } from '../typed.js';
import { type Day, isFirstTime, playDay, readDay } from './demo.js';
import { checkPorts } from './free-ports.js';
import { type Infrastructure, openInfrastructure } from './infrastructure.js';
import { narrate } from './narrator.js';
import { untilReady, untilServers } from './ready.js';
import { followConfig } from './reload.js';
import type { UpSettings } from './settings.js';
import { listenToSignals, type Signals } from './signals.js';
import { Supervisor } from './supervisor.js';

/** ms for one question while a fleet starts or tells its story. */
const PATIENCE = 5000;

/** ms beyond `settings.drain` in which a fleet that was told to stop has ended. */
const GRACE = 5000;

/**
 * Runs the fleet until it is told to stop, and ends within `settings.drain` and five seconds then, whatever it waits
 * for. Rejects when it cannot start, or when a service keeps failing.
 */
export async function runUp(settings: UpSettings): Promise<void> {
  const signals = listenToSignals();
  // what waits for a restart has no handle of its own that would keep the process running
  const alive = setInterval(() => {}, 2 ** 30);
  try {
    const since = Date.now();
    const tree = await checkedTree(settings.configFile, process.env);
    const { config } = tree;
    const { demo } = config;
    const day = demo !== undefined && settings.demo !== false ? await readDay(resolve(settings.home, demo)) : undefined;
    for (const unknown of unknownVariables(process.env, fromEnvironment(config))) say(unknown);
    await checkPorts(tree, settings, process.env);
    const stopping = endingWithin(config.settings.drain + GRACE);
    signals.stop.addEventListener('abort', stopping);
    void signals.force.then(() => end('forced to end'));
    const ground = await opened(tree, settings, signals);
    if (ground === undefined) return;
    try {
      const follow = (fleet: Fleet) => followConfig(settings.configFile, process.env, tree, { fleet, signals, say });
      await supervise(ground, config, {
        signals,
        since,
        servers: Object.keys(config.servers),
        demo: { day, marker: join(settings.dataDir, 'demo-played'), again: settings.demo === true },
        follow,
        stopping,
      });
    } finally {
      await ground.close();
    }
    say('stopped');
  } finally {
    clearInterval(alive);
    signals.release();
  }
}

/**
 * @returns what is done when the stop begins: it says so, and ends the process when that has not ended by itself within
 * `within` ms
 */
function endingWithin(within: number): () => void {
  let begun = false;
  return () => {
    if (begun) return;
    begun = true;
    say('stopping …');
    realClock.after(within, () => end(`not stopped within ${within / 1000} s: ended; what was in flight comes again`));
  };
}

function end(why: string): never {
  say(why);
  process.exit(1);
}

/** @returns undefined when it was told to stop before the database was there */
async function opened(tree: FleetTree, settings: UpSettings, { stop }: Signals): Promise<Infrastructure | undefined> {
  say(`${tree.config.name}: opening the database …`);
  try {
    return await openInfrastructure(tree, settings, { signal: stop, waitsFor });
  } catch (error) {
    if (!stop.aborted) throw error;
    say('stopped');
    return undefined;
  }
}

async function supervise(
  ground: Infrastructure,
  { name, settings: { drain } }: FleetConfig,
  { signals, stopping, ...telling }: Told & { signals: Signals; stopping: () => void },
): Promise<void> {
  if (signals.stop.aborted) return;
  say(`${name}: starting · ${ground.description} …`);
  const supervisor = new Supervisor(ground.children, { clock: realClock, say });
  // processes of their own would outlive this one
  process.once('exit', () => supervisor.kill());
  const failed = supervisor.gaveUp.then((reason) => new VsmError('VSM_REFUSED', reason));
  const story = new Story();
  const starting = supervisor.start();
  const told = tellStory(ground, story, telling);
  const never = () => new Promise<never>(() => {});
  const reason = await Promise.race([aborted(signals.stop), failed, Promise.all([starting, told]).then(never)]).catch(
    (error: unknown) => error,
  );

  stopping();
  await story.end();
  // a fleet that has not begun has little to finish, and may be waiting for what never comes
  await supervisor.stop(story.begun ? drain + GRACE / 2 : Math.min(drain, GRACE / 2));
  if (reason !== undefined) throw reason;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

type Closing = () => Promise<void> | void;
/** Follows vsmcp.yaml from now on. */
type Follow = (fleet: Fleet) => Closing;

/** The story's needs: when `up` began (ms), names of servers, the day to play, and how vsmcp.yaml is followed. */
interface Told {
  since: number;
  servers: readonly string[];
  demo: { day: Day | undefined; marker: string; again: boolean };
  follow: Follow;
}

/** Tasks that go on beside the fleet and end before it. */
class Story {
  /** True once the fleet was ready. */
  begun = false;
  readonly #over = new AbortController();
  readonly #endings: Closing[] = [];

  get over(): AbortSignal {
    return this.#over.signal;
  }

  async add(ending: Closing): Promise<void> {
    if (this.over.aborted) await ending();
    else this.#endings.push(ending);
  }

  async end(): Promise<void> {
    this.#over.abort();
    for (const ending of this.#endings) await ending();
  }
}

/**
 * Says when the fleet listens, and tells what happens from then on; says when the servers of its configuration answer,
 * and begins the day then, if there is one.
 */
async function tellStory(ground: Infrastructure, story: Story, { since, servers, demo, follow }: Told): Promise<void> {
  const { day, marker, again } = demo;
  const fleet = gatewayOf(process.env);
  if (!(await untilReady({ fleet, waitsFor: () => ground.waitsFor() }, story.over, waitsFor))) return;
  const started = Date.now();
  const after = () => `${tenths((Date.now() - since) / 1000)} s`;
  story.begun = true;
  say(`listens · dashboard, REST and MCP: ${fleet.url} · after ${after()}`);
  await story.add(narrate(fleet, started, print));
  await story.add(follow(fleet));
  const known = await untilServers(fleet, servers, story.over, waitsFor);
  if (known === undefined) return;
  for (const [server, why] of Object.entries(known.trouble)) {
    say(`${server} does not answer: ${line(why, 300)} · ${typed(`capabilities test ${server}`)}`);
  }
  say(`ready · ${known.ready} of ${count(servers.length, 'server')} of the configuration answer · after ${after()}`);
  if (day === undefined || story.over.aborted) return;
  if (!(await isFirstTime(marker, again))) {
    return say(`demo: it was played here before; \`${typed('up --demo')}\` plays it again`);
  }
  say(`demo: what ${relative(process.cwd(), day.file)} says is dropped now; leave it out with --no-demo`);
  await story.add(playDay(day, realClock, say));
}

function waitsFor(what: string): void {
  say(`waiting for ${what}`);
}

/** The gateway that runs here. */
function gatewayOf(env: NodeJS.ProcessEnv): Fleet {
  const { host, port } = httpSettings(env);
  return fleetAt(`http://${host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host}:${port}`, PATIENCE);
}

function say(text: string): void {
  print(` ${text}`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
