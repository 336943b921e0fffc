import { refusedVariable } from '@vsmcp/mcp';
import { RemoteSpec, type ServerValue } from '@vsmcp/vsm';
import type { Foreign } from './foreign.js';
import { type Launch, launchOf } from './launch.js';
import { isSecret, type Places, readValue, type Variable, variableName, withPlaces } from './values.js';

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
  /** What was added or left out, in words. */
  notes: string[];
}

export interface Around {
  places: Places;
  /** The variable for a secret; two different secrets never share one. */
  variable(server: string, name: string, value: string): string;
  /** The folder a text names, as an absolute path, if there is one. */
  folder(text: string): string | undefined;
}

/** @returns the server, or why it cannot be run */
export function convert(name: string, foreign: Foreign, around: Around): Converted | { because: string } {
  if (foreign.disabled) return { because: 'it is disabled there' };
  const url = foreign.url ?? foreign.serverUrl;
  if (foreign.command !== undefined) return local(name, foreign, foreign.command, around);
  if (url !== undefined) return remote(name, foreign, withPlaces(url, around.places), around);
  return { because: 'it has neither a command nor a URL' };
}

function local(name: string, foreign: Foreign, command: string, around: Around): Converted | { because: string } {
  const launch = launchOf(command, foreign.args);
  if ('because' in launch) return launch;
  if (foreign.envFile !== undefined) return { because: `its variables are in a file, ${foreign.envFile}` };
  const values = new Values(name, around);
  const args = launch.args.map((text, i) => values.argument(text, launch.args[i - 1]));
  const env: Record<string, ServerValue> = {};
  for (const [key, text] of Object.entries(foreign.env)) {
    const refused = refusedVariable(key);
    if (refused === undefined) env[key] = values.take(key, text);
    else values.notes.push(`${key} is left out: it ${refused}`);
  }
  const { variables, notes, folders } = values;
  const network = variables.length > 0 || [...args, ...Object.values(env)].some(isAddress);
  if (folders.length > 0) notes.push(`may write ${folders.join(', ')}, which its arguments name`);
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
  const values = new Values(name, around);
  const given = Object.fromEntries(
    Object.entries(headers).map(([key, text]) => [key, values.take(key, text, variableName(name, key))]),
  );
  if (isSecret('', url) || [...new URLSearchParams(url.split('?')[1])].some(([key, value]) => isSecret(key, value))) {
    return { because: 'its URL holds a secret: take it in a header' };
  }
  const checked = RemoteSpec.shape.url.safeParse(url);
  if (!checked.success) return { because: `its URL is not ${checked.error.issues[0]?.message}` };
  const entry = { url, ...(Object.keys(given).length > 0 && { headers: given }) };
  return { entry, variables: values.variables, notes: values.notes };
}

/** Collects what the values of one server need. */
class Values {
  readonly variables: Variable[] = [];
  readonly notes: string[] = [];
  readonly folders: string[] = [];
  constructor(
    private readonly server: string,
    private readonly around: Around,
  ) {}

  take(name: string, given: string, as = name): ServerValue {
    const text = withPlaces(given, this.around.places);
    const read = readValue(name, text, (value) => this.around.variable(this.server, as, value));
    if (read.variable !== undefined) this.variables.push(read.variable);
    return read.value;
  }

  /** @param before the argument before: an option whose value this may be */
  argument(given: string, before: string | undefined): ServerValue {
    const folder = this.around.folder(withPlaces(given, this.around.places));
    if (folder !== undefined) {
      if (!this.folders.includes(folder)) this.folders.push(folder);
      return folder;
    }
    const [, inline] = /^--?([\w-]+)=/.exec(given) ?? [];
    const option = inline ?? (before?.startsWith('-') ? before.replace(/^-+/, '') : '');
    return this.take(option || 'argument', given, variableName(this.server, option || 'argument'));
  }
}

function isAddress(value: ServerValue): boolean {
  return typeof value === 'string' && /^[a-z][a-z0-9+.-]*:\/\//i.test(value);
}
