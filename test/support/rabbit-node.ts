import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { Child } from './child.js';
import { freePort, speaksAmqp } from './ports.js';

/** A RabbitMQ node of the tests' own: loopback only, everything in a temporary folder. */
export interface Rabbit {
  readonly url: string;
  readonly port: number;
  /** The management interface of a node that was started with one, with the administrator's name and password. */
  readonly management: string;
  /** Ends it in order. What is durable stays for the next start. */
  stop(): Promise<void>;
  /** Ends it as a power cut would. */
  kill(): Promise<void>;
  start(): Promise<void>;
  restart(): Promise<void>;
  /** Runs rabbitmqctl on it. @returns what it printed */
  ctl(...args: string[]): Promise<string>;
  /** Ends it for good and removes its folder. */
  remove(): Promise<void>;
}

const SERVERS = [
  '/usr/lib/rabbitmq/bin/rabbitmq-server',
  '/opt/rabbitmq/sbin/rabbitmq-server',
  '/opt/homebrew/sbin/rabbitmq-server',
  '/usr/local/sbin/rabbitmq-server',
];

/** Where RabbitMQ is installed on this machine, if it is. */
export function rabbitServer(): string | undefined {
  return SERVERS.find((path) => existsSync(path));
}

/** Most milliseconds until a node answers; a busy machine needs a while. */
const STARTUP = 90_000;

/**
 * Starts a private node, as root or any other user. Rejects with its log when it does not come up.
 * @param options.management with the management plugin, which takes some seconds more
 * @param options.hash with the consistent hash exchange, which parts events with a partition key
 */
export async function startRabbit({ management = false, hash = true } = {}): Promise<Rabbit> {
  const server = rabbitServer();
  if (!server) throw new Error('no RabbitMQ here: install it (apt-get install rabbitmq-server) or set VSMCP_AMQP_URL');
  const folder = await mkdtemp(join(tmpdir(), 'vsmcp-rabbit-'));
  const port = await freePort();
  const distribution = await freePort();
  const mapper = await freePort();
  const web = await freePort();
  await mkdir(join(folder, 'home'));
  const plugins = [
    ...(management ? ['rabbitmq_management'] : []),
    ...(hash ? ['rabbitmq_consistent_hash_exchange'] : []),
  ];
  await writeFile(join(folder, 'plugins'), `[${plugins.join(', ')}].\n`);
  await writeFile(
    join(folder, 'rabbitmq.conf'),
    `listeners.tcp.1 = 127.0.0.1:${port}\nvm_memory_high_watermark.relative = 0.7\ndisk_free_limit.absolute = 10MB\n${
      management ? `management.tcp.ip = 127.0.0.1\nmanagement.tcp.port = ${web}\n` : ''
    }`,
  );
  const env = {
    PATH: process.env.PATH,
    HOME: join(folder, 'home'),
    LANG: 'C.UTF-8',
    ERL_EPMD_PORT: String(mapper),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    // A node that waits must not burn the processor that the tests run on.
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS:
      '+sbwt none +sbwtdcpu none +sbwtdio none -kernel inet_dist_use_interface {127,0,0,1}',
    RABBITMQ_NODENAME: `vsmcp-${port}@localhost`,
    RABBITMQ_DIST_PORT: String(distribution),
    RABBITMQ_MNESIA_BASE: join(folder, 'data'),
    RABBITMQ_LOG_BASE: join(folder, 'log'),
    RABBITMQ_LOGS: join(folder, 'log', 'rabbit.log'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'plugins'),
    RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq.conf'),
    RABBITMQ_CONF_ENV_FILE: join(folder, 'none'),
    RABBITMQ_GENERATED_CONFIG_DIR: join(folder, 'config'),
    RABBITMQ_PID_FILE: join(folder, 'pid'),
  };
  // The name server runs as our child: left to itself the node would start one that outlives it.
  const epmd = new Child('epmd', ['-port', String(mapper), '-address', '127.0.0.1'], env);
  const node = new Child(server, [], env);
  const start = async (): Promise<void> => {
    node.start();
    await until(port, node);
  };
  const rabbit: Rabbit = {
    url: `amqp://guest:guest@127.0.0.1:${port}`,
    port,
    management: `http://guest:guest@127.0.0.1:${web}`,
    start,
    ctl: async (...args) => (await promisify(execFile)(join(dirname(server), 'rabbitmqctl'), args, { env })).stdout,
    stop: () => node.end('SIGTERM'),
    kill: () => node.end('SIGKILL'),
    restart: async () => {
      await node.end('SIGTERM');
      await start();
    },
    remove: async () => {
      await node.end('SIGKILL');
      await epmd.end('SIGTERM');
      await rm(folder, { recursive: true, force: true });
    },
  };
  try {
    epmd.start();
    await start();
  } catch (error) {
    await rabbit.remove();
    throw error;
  }
  return rabbit;
}

/** Resolves when an AMQP server answers on the port. */
async function until(port: number, node: Child): Promise<void> {
  const end = Date.now() + STARTUP;
  while (!(await speaksAmqp(port))) {
    if (node.ended || Date.now() > end) throw new Error(`RabbitMQ did not start:\n${node.output}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
