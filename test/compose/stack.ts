import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../support/ports.js';
import { run } from '../support/up.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** ms; a gateway that is only just coming up can leave a request without an answer. */
const ANSWER = 15_000;

/**
 * The sample in containers, as its user runs it: a folder with docker-compose.yml, secrets, desk and configuration of
 * its own.
 */
export interface Stack {
  readonly home: string;
  readonly url: string;
  /** Runs compose on it; rejects with the output when that fails. */
  compose(...args: string[]): Promise<string>;
  docker(...args: string[]): Promise<string>;
  /** Container ids of a service, running or not. */
  containers(service: string): Promise<string[]>;
  /** The AMQP URL that a party was given, as it is from outside. */
  amqp(party: string): Promise<string>;
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body: object): Promise<T>;
  /** Takes all down, with its volumes. */
  down(): Promise<void>;
}

/** Builds the images and lays out the folder; nothing runs yet. */
export async function prepareStack(): Promise<Stack> {
  const compose = await composeCommand();
  if (process.env.VSMCP_TEST_BUILT !== 'true') {
    await must([...compose, 'build'], ROOT, { ...process.env, VSMCP_SECRETS: './secrets' });
  }
  const home = await mkdtemp(join(tmpdir(), 'vsmcp-compose-'));
  const docker = ['seccomp.json', 'enabled_plugins'].map((name) => `deployment/docker/${name}`);
  for (const file of ['docker-compose.yml', ...docker, 'desk/day.yaml', 'vsmcp.yaml']) {
    await mkdir(join(home, file, '..'), { recursive: true });
    await cp(join(ROOT, file), join(home, file));
  }
  await writeFile(join(home, '.gitignore'), '*\n!.gitignore\n');
  const identity = ['-c', 'user.name=test', '-c', 'user.email=test@example.org'];
  await must(['git', 'init', '-q', '.'], home);
  await must(['git', 'add', '.gitignore'], home);
  await must(['git', ...identity, 'commit', '-q', '-m', 'begin'], home);
  await must([process.execPath, join(ROOT, 'scripts/secrets.mjs'), home], home);

  const [port, broker] = [await freePort(), await freePort()];
  const project = process.env.VSMCP_TEST_PROJECT ?? 'vsmcp-test';
  const env = { ...process.env, VSMCP_PORT: String(port), VSMCP_AMQP_PORT: String(broker) };
  const onStack = (...args: string[]) => must([...compose, '-p', project, ...args], home, env);
  return {
    home,
    url: `http://127.0.0.1:${port}`,
    compose: onStack,
    docker: (...args) => must(['docker', ...args], home),
    async containers(service) {
      return (await onStack('ps', '-a', '-q', service)).split('\n').filter(Boolean);
    },
    async amqp(party) {
      const url = (await readFile(join(home, 'secrets', `amqp-${party}`), 'utf8')).trim();
      return url.replace('@rabbitmq:5672', `@127.0.0.1:${broker}`);
    },
    get: async <T>(path: string) =>
      asked<T>(await fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(ANSWER) })),
    post: async <T>(path: string, body: object) =>
      asked<T>(
        await fetch(`http://127.0.0.1:${port}${path}`, {
          method: 'POST',
          signal: AbortSignal.timeout(ANSWER),
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        }),
      ),
    async down() {
      await onStack('down', '-v', '--remove-orphans', '-t', '30');
      await rm(home, { recursive: true, force: true });
    },
  };
}

async function asked<T>(response: Response): Promise<T> {
  const text = await response.text();
  if (!response.ok) throw new Error(`HTTP ${response.status}: ${text}`);
  return JSON.parse(text) as T;
}

/** Compose v2 where the engine has it, else v1.29. */
async function composeCommand(): Promise<string[]> {
  const second = await run('docker', ['compose', 'version'], ROOT);
  return second.code === 0 ? ['docker', 'compose'] : ['docker-compose'];
}

async function must(
  [command = '', ...args]: string[],
  cwd: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<string> {
  const { code, stdout, stderr } = await run(command, args, cwd, env);
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${stdout}${stderr}`);
  return stdout;
}
