import { type Environment, type Runtime, readRuntime } from '@vsmcp/service';
import { VsmError } from '@vsmcp/vsm';
import { typed } from '../typed.js';

/** `vsmcp up` as its options and the environment say it. */
export interface UpSettings extends Runtime {
  processes: boolean;
  /** Folder of services/ → how many processes of it; 1 where it does not say. */
  replicas: ReadonlyMap<string, number>;
  /** True: play the demo again; undefined: only where it was not played yet. */
  demo: boolean | undefined;
}

export interface UpOptions {
  config?: string;
  broker?: string;
  processes?: true;
  replicas?: Record<string, number>;
  demo?: boolean;
  port?: number;
}

/** The environment with the options over it, which the services of this process read too. */
export function withOptions(env: Environment, { config, broker, port }: UpOptions): Record<string, string | undefined> {
  return {
    ...env,
    ...(config !== undefined && { VSMCP_CONFIG: config }),
    ...(broker !== undefined && { VSMCP_AMQP_URL: broker, VSMCP_AMQP_ENABLED: 'true' }),
    ...(port !== undefined && { VSMCP_MCP_PORT: String(port) }),
  };
}

/**
 * @param env what `withOptions` made
 * @throws VSM_USAGE, VSM_CONFIG for what cannot be
 */
export function upSettings(options: UpOptions, env: Environment, cwd: string): UpSettings {
  const runtime = readRuntime(env, cwd);
  const { processes = false, replicas = {}, demo } = options;
  if (runtime.configFile === undefined) {
    throw new VsmError(
      'VSM_CONFIG',
      `there is no vsmcp.yaml in ${runtime.home}: \`${typed('init')}\` writes one, \`${typed('up <file>')}\` runs another`,
    );
  }
  if (processes && runtime.amqpUrl === undefined) {
    throw new VsmError(
      'VSM_USAGE',
      '--processes needs a broker, because messages in memory do not cross processes: --broker amqp://guest:guest@127.0.0.1:5672',
    );
  }
  if (!processes && Object.keys(replicas).length > 0) {
    throw new VsmError('VSM_USAGE', '--replicas needs --processes: in one process there is one of each');
  }
  return { ...runtime, processes, replicas: new Map(Object.entries(replicas)), demo };
}
