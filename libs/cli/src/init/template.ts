import { join, normalize } from 'node:path';
import { UnitName, VsmError } from '@vsmcp/vsm';
import { stringify } from 'yaml';
import { typed } from '../typed.js';

/** Answers that a new fleet is made of. */
export interface Beginning {
  name: string;
  purpose: string;
  /** Where things are dropped (`inbox`) and answered (`outbox`), relative to the configuration. */
  folder: string;
}

export const BEGINNING: Beginning = {
  name: 'front-desk',
  purpose: 'Answer whatever is dropped in the inbox.',
  folder: 'desk',
};

/** The trouble with a value, in words for its giver; undefined when there is none. */
export const WRONG: { [K in keyof Beginning]: (value: string) => string | undefined } = {
  name: (value) => {
    const name = UnitName.safeParse(value);
    return name.success ? undefined : `got '${value}', expected ${name.error.issues[0]?.message}`;
  },
  purpose: (value) =>
    value.trim() === '' ? 'got nothing, expected a sentence that says what the fleet is for' : undefined,
  folder: (value) => {
    const path = normalize(value);
    const outside = path === '.' || path === './' || path.startsWith('..') || path.startsWith('/');
    return outside || /[\n\r]/.test(value)
      ? `got '${value}', expected a folder below the one of vsmcp.yaml, such as desk: a server may write there, and must not in the fleet's own`
      : undefined;
  },
};

/** @throws VSM_USAGE naming the option that is wrong */
export function checkBeginning(beginning: Beginning): void {
  for (const key of ['name', 'purpose', 'folder'] as const) {
    const wrong = WRONG[key](beginning[key]);
    if (wrong !== undefined) throw new VsmError('VSM_USAGE', `--${key}: ${wrong}`);
  }
}

/** A small configuration that runs as it is, with comments that say what to change. */
export function beginningYaml({ name, purpose, folder }: Beginning): string {
  const inbox = scalar(join(folder, 'inbox'));
  return `# yaml-language-server: $schema=./vsmcp.schema.json
# What this fleet is. Check it with \`${typed('validate')}\`, run it with \`${typed('up')}\`.
name: ${scalar(name)}
purpose: ${scalar(purpose)}

environment:
  senses: # where events come from, besides AMQP and \`vsmcp events publish\`
    - folder: ${inbox} # a file dropped here is an event file.<extension> with {name, path, text, sha}
  answers: # where answers go, besides vsm.outcome
    - folder: ${scalar(join(folder, 'outbox'))} # <name>.answer.md

servers: # MCP servers known from the start: npm packages at an exact version; \`vsmcp import\` adds those of a .mcp.json
  memory:
    npm: "@modelcontextprotocol/server-memory@2026.8.31"
    env:
      MEMORY_FILE_PATH: ${scalar(join(folder, 'memory.jsonl'))}
    writes: ${scalar(normalize(folder))} # all it may write beside its own folder; the network is closed to it

units: # who answers what
  desk:
    absorbs: file.# # also kinds that nothing answers yet: they wait, and a tool is looked for
    responses:
      file.md: # a note is remembered; what begins with = is computed (CEL) from data and event
        call: memory.create_entities
        with:
          entities:
            - name: =data.name
              entityType: note
              observations: =[data.text]
      file.txt: noted # counted as answered, without a tool

policy:
  acquire: # which servers it may take in by itself, to answer what waits
    from: [io.github.*/*] # names in the registry; a deny list wins
    allow: contained # no network, writes only its own folder
    ask: otherwise # the rest waits for a person: vsmcp decisions
`;
}

function scalar(text: string): string {
  return stringify(text, { lineWidth: 0, defaultStringType: 'PLAIN', blockQuote: false }).trimEnd();
}
