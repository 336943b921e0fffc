import { refusedVariable } from '@vsmcp/mcp';
import { RemoteSpec, type ServerValue } from '@vsmcp/vsm';
import type { Foreign } from './foreign.js';
import { type Launch, launchOf } from './launch.js';
import { isSecret } from './secrets.js';
import { type Places, readValue, unknownIn, type Variable, variableName, withPlaces } from './values.js';

/** A server as it will stand in vsmcp.yaml; the version of its package is still to be found. */
export interface Converted {
  launch?: Launch;
  /** Below `servers.<name>`, without `npm`. */
  entry: {
    url?: string;
    headers?: Record<string, ServerValue>;
    args?: ServerValue[];
    env?: Record<string, ServerValue>;
    writes?: string[];
    network?: true;
  };
  variables: Variable[];
  /** Additions and omissions, in words. */
  notes: string[];
}

export interface Around {
  places: Places;
  /** The variable for a secret; two different secrets never share one. */
  variable(server: string, name: string, value: string): string;
  /**
   * The file or folder that a text names, if there is one. @param cwd the folder that the client starts the server in
   */
  place(text: string, cwd: string | undefined): { path: string; kind: 'file' | 'folder' } | undefined;
}

/** @returns the server, or why it cannot be run */
export function convert(name: string, foreign: Foreign, around: Around): Converted | { because: string } {
  if (foreign.disabled) return { because: 'it is disabled there' };
  const { url } = foreign;
  if (foreign.command !== undefined) return local(name, foreign, foreign.command, around);
  if (url !== undefined) return remote(name, foreign, withPlaces(url, around.places), around);
  return { because: 'it has neither a command nor a URL' };
}

function local(name: string, foreign: Foreign, command: string, around: Around): Converted | { because: string } {
  const launch = launchOf(withPlaces(command, around.places), foreign.args);
  if ('because' in launch) return launch;
  if (foreign.envFile !== undefined) return { because: `its variables are in a file, ${foreign.envFile}` };
  const values = new Values(name, around, foreign.cwd);
  const args = launch.args.flatMap((text, i) => values.argument(text, launch.args[i - 1]) ?? []);
  const env: Record<string, ServerValue> = {};
  for (const [key, text] of Object.entries(foreign.env)) {
    const refused = refusedVariable(key);
    if (refused !== undefined) values.notes.push(`${key} is left out: it ${refused}`);
    else {
      const value = values.variable(key, text);
      if (value !== undefined) env[key] = value;
    }
  }
  const { variables, notes, folders } = values;
  const network = variables.length > 0 || [...args, ...Object.values(env)].some(isAddress);
  if (folders.length > 0) notes.push(`may write ${folders.join(', ')}, which its arguments name`);
  if (foreign.cwd !== undefined)
    notes.push(
      `is not started in ${foreign.cwd} but in a folder of its own: paths in its arguments are taken from there`,
    );
  if (network)
    notes.push(
      'may use the whole network, which its tokens or addresses are for: write hosts: [api.example.org] instead, if you know which',
    );
  const entry = {
    ...(args.length > 0 && { args }),
    ...(Object.keys(env).length > 0 && { env }),
    ...(folders.length > 0 && { writes: folders }),
    ...(network && { network }),
  };
  return { launch, entry, variables, notes };
}

function remote(
  name: string,
  { type, transport, headers }: Foreign,
  url: string,
  around: Around,
): Converted | { because: string } {
  if ((type ?? transport) === 'sse' || /\/sse\/?$/.test(url))
    return { because: 'it speaks the older transport HTTP with SSE' };
  const values = new Values(name, around, undefined);
  const given: Record<string, ServerValue> = {};
  for (const [key, text] of Object.entries(headers)) {
    const value = values.take(key, text, variableName(name, key));
    if (value !== undefined) given[key] = value;
  }
  if (isSecret('', url) || [...new URLSearchParams(url.split('?')[1])].some(([key, value]) => isSecret(key, value))) {
    return { because: 'its URL holds a secret: take it in a header' };
  }
  const unknown = unknownIn(url) ?? /\$\{[^}]*\}|%\w+%|\{env:\w+\}/.exec(url)?.[0];
  if (unknown !== undefined) return { because: `its URL holds ${unknown}: write the address itself` };
  const checked = RemoteSpec.shape.url.safeParse(url);
  if (!checked.success) return { because: `its URL is not ${checked.error.issues[0]?.message}` };
  const entry = { url, ...(Object.keys(given).length > 0 && { headers: given }) };
  return { entry, variables: values.variables, notes: values.notes };
}

/** The values of one server, and what they need. */
class Values {
  readonly variables: Variable[] = [];
  readonly notes: string[] = [];
  readonly folders: string[] = [];
  constructor(
    private readonly server: string,
    private readonly around: Around,
    private readonly cwd: string | undefined,
  ) {}

  /** @returns nothing where the value cannot be had, which a note says */
  take(name: string, given: string, as = name): ServerValue | undefined {
    const text = withPlaces(given, this.around.places);
    const unknown = unknownIn(text);
    if (unknown !== undefined) {
      this.notes.push(
        `${name} is left out: ${unknown.slice(0, 40)} is known to that client alone, and nothing is run to find out`,
      );
      return undefined;
    }
    const read = readValue(name, text, (value) => this.around.variable(this.server, as, value));
    if (read.variable !== undefined) this.variables.push(read.variable);
    return read.value;
  }

  variable(name: string, given: string): ServerValue | undefined {
    const place = isSecret(name, given) ? undefined : this.#place(given);
    if (place !== undefined)
      this.notes.push(`${name} names ${place.path}, which it may not touch: add reads or writes, if it should`);
    return this.take(name, place?.path ?? given);
  }

  /** @param before the argument before: an option whose value this may be */
  argument(given: string, before: string | undefined): ServerValue | undefined {
    const [, prefix = '', inline, rest = given] = /^(--?([\w-]+)=)(.*)$/s.exec(given) ?? [];
    const place = this.#place(rest);
    if (place !== undefined) return prefix + this.#granted(place);
    const option = inline ?? (before?.startsWith('-') && !before.includes('=') ? before.replace(/^-+/, '') : '');
    const [, assigned] = /^([A-Za-z_]\w*)=/.exec(rest) ?? [];
    return this.take(
      option || assigned || 'argument',
      given,
      variableName(this.server, assigned ?? (option || 'argument')),
    );
  }

  #place(given: string) {
    return this.around.place(withPlaces(given, this.around.places), this.cwd);
  }

  /** A folder may be written; a file is told, for its folder may hold more than the server should see. */
  #granted({ path, kind }: { path: string; kind: 'file' | 'folder' }): string {
    if (kind === 'file')
      this.notes.push(`may not touch ${path}, which its arguments name: add reads: [${path}], or writes of its folder`);
    else if (!this.folders.includes(path)) this.folders.push(path);
    return path;
  }
}

function isAddress(value: ServerValue): boolean {
  return typeof value === 'string' && /^[a-z][a-z0-9+.-]*:\/\//i.test(value);
}
