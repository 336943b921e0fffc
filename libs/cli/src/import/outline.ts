import { basename } from 'node:path';

/**
 * An outline of a server that could not be taken over: its program, how many arguments it has, and the names of its
 * variables and headers. Values are not copied at all, not even into a comment: in which of them a secret hides, nobody
 * can tell for sure.
 */
export function outlineOf(written: unknown): object {
  if (typeof written !== 'object' || written === null || Array.isArray(written)) return { is: 'no object' };
  const { command, args, env, environment, headers, url, serverUrl, httpUrl } = written as Record<string, unknown>;
  const program = programIn(command);
  const origin = [httpUrl, url, serverUrl].map(originOf).find((found) => found !== undefined);
  const variables = [...keysOf(env), ...keysOf(environment)];
  const count = (Array.isArray(args) ? args.length : 0) + (Array.isArray(command) ? command.length - 1 : 0);
  return {
    ...(program !== undefined && { command: program }),
    ...(count > 0 && { args: `${count}, see the file it came from` }),
    ...(origin !== undefined && { url: origin }),
    ...(variables.length > 0 && { env: variables }),
    ...(keysOf(headers).length > 0 && { headers: keysOf(headers) }),
  };
}

function programIn(command: unknown): string | undefined {
  const first: unknown = Array.isArray(command) ? command[0] : command;
  const text = typeof first === 'object' && first !== null && 'path' in first ? first.path : first;
  if (typeof text !== 'string') return undefined;
  const name = basename(text.replaceAll('\\', '/'));
  return /^[\w.+-]{1,40}$/.test(name) ? name : 'a command line';
}

function originOf(url: unknown): string | undefined {
  return typeof url === 'string' && URL.canParse(url) ? `${new URL(url).protocol}//${new URL(url).host}` : undefined;
}

function keysOf(value: unknown): string[] {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.keys(value) : [];
}
