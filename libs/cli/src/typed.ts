/**
 * A `vsmcp` command as it is typed where this process was started: under npx and in a clone there is no `vsmcp` on the
 * path.
 * @param command such as `up --no-demo`
 */
export function typed(command: string, env: NodeJS.ProcessEnv = process.env): string {
  return env.npm_command === undefined ? `vsmcp ${command}` : `npx vsmcp ${command}`;
}
