import { VsmError } from '@vsmcp/vsm';
import { isMap, isNode, isScalar, parseDocument, stringify, type YAMLMap } from 'yaml';
import { line } from '../output.js';
import { outlineOf } from './outline.js';

/** Additions below `servers`. */
export interface Addition {
  servers: Record<string, object>;
  /** Kept as comments: the name, why, and an outline of how it was written. */
  left: readonly { name: string; because: string; written: unknown }[];
}

/**
 * The text of a configuration with servers added. Where the servers stand in a block, which is how people write them,
 * all else stays as it is, byte for byte.
 * @throws VSM_CONFIG for what is no YAML mapping
 */
export function insertServers(text: string, addition: Addition): string {
  const document = parseDocument(text);
  if (document.errors[0]) throw new VsmError('VSM_CONFIG', document.errors[0].message);
  if (document.contents !== null && !isMap(document.contents) && !isEmpty(document.contents)) {
    throw new VsmError('VSM_CONFIG', 'the file is no mapping of keys to values');
  }
  const servers: unknown = document.get('servers', true);
  if (isMap(servers) && !servers.flow && servers.items.length > 0) {
    return insertAt(text, endOf(text, servers), blockOf(addition, columnOf(text, servers)));
  }
  if (servers === undefined && Object.keys(addition.servers).length === 0) {
    return `${text === '' || text.endsWith('\n') ? text : `${text}\n`}${blockOf(addition, 0)}`;
  }
  if (servers === undefined) {
    const before = text === '' || text.endsWith('\n') ? text : `${text}\n`;
    return `${before}${before.trim() === '' ? '' : '\n'}servers:\n${blockOf(addition, 2)}`;
  }
  // `servers:` alone, or `{…}` on its line: there is no block to add to, so it is written anew as one
  const known: unknown = isMap(servers) ? servers.toJSON() : {};
  document.delete('servers');
  const rest = document.toString({ lineWidth: 0 });
  return insertServers(rest === 'null\n' || rest === '{}\n' ? '' : rest, {
    ...addition,
    servers: { ...(known as Record<string, object>), ...addition.servers },
  });
}

function isEmpty(contents: unknown): boolean {
  return isScalar(contents) && contents.value === null;
}

/** The lines of an addition, each behind `indent` spaces. */
export function blockOf({ servers, left }: Addition, indent: number): string {
  const added = Object.keys(servers).length === 0 ? '' : stringify(servers, { lineWidth: 0 });
  const kept = left.map(({ name, because, written }) => {
    const lines = stringify(outlineOf(written), { lineWidth: 0 }).trimEnd().split('\n');
    return [
      `# ${oneLine(name)}: not supported, because ${oneLine(because)}`,
      ...lines.map((line) => `#   ${line}`),
      '',
    ].join('\n');
  });
  return `${added}${kept.join('')}`.replaceAll(/^(?=.)/gm, ' '.repeat(indent));
}

function oneLine(text: string): string {
  return line(text, 300);
}

/** Behind the line on which the last thing of a block ends. */
function endOf(text: string, block: YAMLMap): number {
  const last = block.items.at(-1);
  const node = isNode(last?.value) ? last.value : last?.key;
  const end = (isNode(node) ? node.range?.[1] : undefined) ?? block.range?.[1] ?? text.length;
  const word = text.slice(0, end).trimEnd().length;
  const line = text.indexOf('\n', word);
  return line === -1 ? text.length : line + 1;
}

function columnOf(text: string, block: YAMLMap): number {
  const key = block.items[0]?.key;
  const start = (isNode(key) ? key.range?.[0] : undefined) ?? 2;
  return start - (text.lastIndexOf('\n', start - 1) + 1);
}

function insertAt(text: string, at: number, block: string): string {
  const before = text.slice(0, at);
  return `${before}${before.endsWith('\n') ? '' : '\n'}${block}${text.slice(at)}`;
}
