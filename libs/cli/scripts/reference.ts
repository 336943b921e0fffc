/**
 * Writes docs/reference/ out of what the programs themselves go by: the schema of vsmcp.yaml, the table of routes, and
 * the variables that are read. `npm run reference` runs it; a test keeps the pages current.
 */
import { writeFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { configJsonSchema } from '@vsmcp/service';
import { z } from 'zod';
import { ROUTES } from '../../../services/gateway/src/routes/table.js';

const PAGES = new URL('../../../docs/reference/', import.meta.url);

const Schema = z.looseObject({
  type: z.union([z.string(), z.array(z.string())]).optional(),
  description: z.string().optional(),
  default: z.unknown().optional(),
  examples: z.array(z.unknown()).optional(),
  enum: z.array(z.unknown()).optional(),
  get properties() {
    return z.record(z.string(), Schema).optional();
  },
  get additionalProperties() {
    return z.union([z.boolean(), Schema]).optional();
  },
  get items() {
    return z.union([z.boolean(), Schema]).optional();
  },
  get anyOf() {
    return z.array(Schema).optional();
  },
});
type Schema = z.infer<typeof Schema>;

/** One key: its path below the section, and what the schema says of it. */
interface Key {
  path: string;
  schema: Schema;
}

/** The pages of docs/reference/ that are generated, by file name. */
export function referencePages(): Record<string, string> {
  return { 'vsmcp-yaml.md': configPage(), 'rest.md': restPage() };
}

function configPage(): string {
  const root = Schema.parse(configJsonSchema());
  const sections = Object.entries(root.properties ?? {}).map(([name, schema]) => {
    const keys = [...keysBelow(schema, '')];
    const head = `## ${name}\n\n${prose(schema)}${told(schema)}\n`;
    return keys.length === 0 ? head : `${head}\n${keys.map(keyText).join('\n')}\n`;
  });
  return [
    '# vsmcp.yaml',
    '',
    'Generated from the schema (`npm run reference`). `vsmcp validate` checks a file against it, and so does an editor by',
    '[vsmcp.schema.json](../../vsmcp.schema.json), which `vsmcp init` writes beside the file. `<name>` is a name of yours,',
    '`[]` each of a list. What begins with `=` is computed: [expressions](../expressions.md).',
    '',
    ...sections,
  ].join('\n');
}

/** All keys below a schema, the branches of a union one after another, each path once. */
function* keysBelow(schema: Schema, path: string, seen = new Set<string>()): Generator<Key> {
  for (const [name, inner] of Object.entries(schema.properties ?? {})) {
    const at = path === '' ? name : `${path}.${name}`;
    if (!seen.has(at)) yield { path: at, schema: inner };
    seen.add(at);
    yield* keysBelow(inner, at, seen);
  }
  const named = schema.additionalProperties;
  if (typeof named === 'object') yield* keysBelow(named, path === '' ? '<name>' : `${path}.<name>`, seen);
  if (typeof schema.items === 'object') yield* keysBelow(schema.items, `${path}[]`, seen);
  for (const branch of schema.anyOf ?? []) yield* keysBelow(branch, path, seen);
}

function keyText({ path, schema }: Key): string {
  return `- \`${path}\`${typeOf(schema)}: ${prose(schema)}${told(schema)}`;
}

/** Angle brackets would be taken for markup. */
function prose({ description = '' }: Schema): string {
  return description.replaceAll('<', '&lt;');
}

function typeOf(schema: Schema): string {
  if (schema.enum) return ` (${schema.enum.map((each) => `\`${String(each)}\``).join(', ')})`;
  if (typeof schema.type === 'string') return ` (${schema.type})`;
  const types = [...new Set((schema.anyOf ?? []).flatMap(({ type }) => (typeof type === 'string' ? [type] : [])))];
  return types.length === 0 ? '' : ` (${types.join(' or ')})`;
}

function told({ default: usual, examples = [] }: Schema): string {
  const isSaid =
    usual !== undefined && JSON.stringify(usual) !== '{}' && JSON.stringify(usual) !== '[]' && usual !== '';
  const first = examples[0];
  return [
    isSaid ? ` Default: \`${JSON.stringify(usual)}\`.` : '',
    first === undefined ? '' : ` Example: \`${typeof first === 'string' ? first : JSON.stringify(first)}\`.`,
  ].join('');
}

function restPage(): string {
  const items = Object.values(ROUTES).map(({ method, path, summary, rights, query }) => {
    const asked = Object.keys(query.shape).map((name) => `\`${name}\``);
    const takes = asked.length === 0 ? '' : ` Query: ${asked.join(', ')}.`;
    return `- \`${method} ${path}\` (${rights.role}): ${summary}.${takes}`;
  });
  return [
    '# REST',
    '',
    'Generated from the table of routes (`npm run reference`). Each answers in JSON at `http://127.0.0.1:4010` unless the',
    'settings say otherwise; every `vsmcp` command that asks a fleet is one of them, and `--json` prints its answer. An',
    'error is `{ code, message, mend }`. The role is the least that may call the route once callers are known; on loopback',
    'everybody may.',
    '',
    ...items,
    '',
  ].join('\n');
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  for (const [name, text] of Object.entries(referencePages())) await writeFile(new URL(name, PAGES), text);
}
