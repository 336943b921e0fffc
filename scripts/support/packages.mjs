import { existsSync, readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { run, say, step } from './run.mjs';

/** Programs that the tests use and npm does not bring: what each is for, how it is found, and Debian's name of it. */
const NEEDS = [
  { debian: 'bubblewrap', why: 'the strongest confinement of MCP servers', there: () => onPath('bwrap') },
  { debian: 'amqp-tools', why: 'publishing from a shell', there: () => onPath('amqp-publish') },
  {
    debian: 'python3-pika',
    why: 'publishing from Python',
    there: () => works(['/usr/bin/python3', '-c', 'import pika']),
  },
  {
    debian: 'postgresql',
    why: 'state in PostgreSQL',
    there: async () => (await onPath('postgres')) || existsSync('/usr/lib/postgresql'),
  },
  {
    debian: 'rabbitmq-server',
    why: 'the AMQP transport',
    there: async () =>
      Boolean(process.env.VSMCP_AMQP_URL) || (await onPath('rabbitmq-server')) || (await listens(5672)),
  },
];

/**
 * Installs what is missing where that is allowed (as root on Debian or a child of it).
 * @returns what is missing for good, for people
 */
export async function systemPackages(cwd) {
  const missing = await lacking();
  if (missing.length === 0) return [];
  if (process.getuid?.() === 0 && (await onPath('apt-get'))) {
    // RUNLEVEL=1 keeps Debian from starting the services: the tests start their own
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
    try {
      await step('reading the package lists', ['apt-get', 'update', '-q'], { cwd, env });
      const names = missing.map(({ debian }) => debian);
      await step(`installing ${names.join(', ')}`, ['apt-get', 'install', '-qy', '--no-install-recommends', ...names], {
        cwd,
        env,
      });
    } catch (error) {
      say(error.message);
    }
  }
  return (await lacking()).map(({ debian, why }) => `${debian} is missing (${why})`);
}

async function lacking() {
  const found = await Promise.all(NEEDS.map(({ there }) => there()));
  return NEEDS.filter((_, i) => !found[i]);
}

async function onPath(program) {
  // sbin is where Debian keeps rabbitmq-server, and not on everybody's path
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin'];
  return folders.some((folder) => folder !== '' && existsSync(folder) && readdirSync(folder).includes(program));
}

async function works(command) {
  if (!existsSync(command[0])) return false;
  return (await run(command, { cwd: '/' })).code === 0;
}

function listens(port) {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const end = (answer) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
    socket.setTimeout(1000, () => end(false));
  });
}
