import { relative, resolve } from 'node:path';
import { httpSettings } from '@vsmcp/gateway';
import { realClock } from '@vsmcp/service';
import { VsmError } from '@vsmcp/vsm';
import { checkedTree } from '../config/tree.js';
import { type Fleet, fleetAt } from '../fleet.js';
import { type Day, playDay, readDay } from './demo.js';
import { type Infrastructure, openInfrastructure } from './infrastructure.js';
import { narrate } from './narrator.js';
import { untilReady } from './ready.js';
import { followConfig } from './reload.js';
import type { UpSettings } from './settings.js';
import { listenToSignals, type Signals } from './signals.js';
import { Supervisor } from './supervisor.js';

/** ms for one question while a fleet starts or tells its story. */
const PATIENCE = 5000;

/** Runs the fleet until it is told to stop. Rejects when it cannot start, or when a service keeps failing. */
export async function runUp(settings: UpSettings): Promise<void> {
  const signals = listenToSignals();
  // what waits for a restart has no handle of its own that would keep the process running
  const alive = setInterval(() => {}, 2 ** 30);
  try {
    const since = Date.now();
    const tree = await checkedTree(settings.configFile, process.env);
    const { config, text } = tree;
    const { demo } = config;
    const day = demo !== undefined && settings.demo ? await readDay(resolve(settings.home, demo)) : undefined;
    say(`${config.name}: opening the database …`);
    const ground = await openInfrastructure(tree, settings);
    try {
      const follow = (fleet: Fleet) =>
        followConfig(settings.configFile, process.env, { config, text }, { fleet, signals, say });
      await supervise(ground, config.name, { signals, since, day, follow });
    } finally {
      await ground.close();
    }
  } finally {
    clearInterval(alive);
    signals.release();
  }
}

async function supervise(
  ground: Infrastructure,
  name: string,
  { signals, since, day, follow }: { signals: Signals; since: number; day: Day | undefined; follow: Follow },
): Promise<void> {
  say(`${name}: starting · ${ground.description} …`);
  const supervisor = new Supervisor(ground.children, { clock: realClock, say });
  void signals.force.then(() => {
    supervisor.kill();
    say('forced to end');
    process.exit(1);
  });
  const failed = supervisor.gaveUp.then((reason) => new VsmError('VSM_REFUSED', reason));
  const story = new Story();
  const telling = (async () => {
    await supervisor.start();
    await tellStory(since, day, story, follow);
  })();
  const reason = await Promise.race([
    signals.stop.then(() => undefined),
    failed,
    telling.then(() => new Promise<never>(() => {})),
  ]).catch((error: unknown) => error);

  say('stopping …');
  await story.end();
  await supervisor.stop();
  if (reason !== undefined) throw reason;
  say('stopped');
}

type Closing = () => Promise<void> | void;
/** Follows vsmcp.yaml from now on. */
type Follow = (fleet: Fleet) => Closing;

/** What goes on beside the fleet and ends before it. */
class Story {
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

/** Waits for the fleet to be ready, says so, and begins to tell what happens, and the day. */
async function tellStory(since: number, day: Day | undefined, story: Story, follow: Follow): Promise<void> {
  const fleet = gatewayOf(process.env);
  if (!(await untilReady(fleet, story.over, (what) => say(`waiting for ${what}`)))) return;
  const started = Date.now();
  say(`started in ${((started - since) / 1000).toFixed(1)} s`);
  say(`ready · dashboard, REST and MCP: ${fleet.url}`);
  await story.add(narrate(fleet, started, print));
  await story.add(follow(fleet));
  if (day === undefined || story.over.aborted) return;
  say(`demo: what ${relative(process.cwd(), day.file)} says is dropped now; leave it out with --no-demo`);
  await story.add(playDay(day, realClock, say));
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
