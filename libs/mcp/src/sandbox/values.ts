import { type ServerSpec, type ServerValue, VsmError } from '@vsmcp/vsm';

/** A server's arguments and variables, as its process gets them. */
export interface Values {
  args: string[];
  env: Record<string, string>;
}

/**
 * Looks up what a spec takes `from` the environment.
 * @throws VSM_CONFIG naming the variable that is not set
 */
export function valuesOf(
  { args, env, npm }: Pick<ServerSpec, 'args' | 'env' | 'npm'>,
  from: NodeJS.ProcessEnv,
): Values {
  const value = (given: ServerValue): string => {
    if (typeof given === 'string') return given;
    const found = from[given.from];
    if (found !== undefined) return found;
    throw new VsmError(
      'VSM_CONFIG',
      `${npm} wants ${given.from} of the environment, which is not set: set it where System 1 runs`,
    );
  };
  return {
    args: args.map(value),
    env: Object.fromEntries(Object.entries(env).map(([name, given]) => [name, value(given)])),
  };
}
