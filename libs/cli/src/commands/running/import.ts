import { readFile, writeFile } from 'node:fs/promises';
import { relative } from 'node:path';
import { reasonOf, VsmError } from '@vsmcp/vsm';
import type { Command } from 'commander';
import { configFileOf, readIfThere } from '../../config/file.js';
import type { Imported } from '../../import/import.js';
import { line } from '../../output.js';

interface ImportOptions {
  config?: string;
  dryRun?: true;
  json?: true;
}

/** `vsmcp import` */
export function importCommand(vsmcp: Command): void {
  vsmcp
    .command('import')
    .argument('<file>', 'a .mcp.json, claude_desktop_config.json, .cursor/mcp.json, .vscode/mcp.json …')
    .description("take another MCP client's servers into the configuration")
    .option('--config <file>', 'where they go (VSMCP_CONFIG, or ./vsmcp.yaml)')
    .option('--dry-run', 'show what would be added, and write nothing')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      `
Servers that npx starts are added at an exact version, those with a URL as they are. What looks like a secret is not copied: it is taken
from the environment. What cannot be run is kept as a comment, with the reason.

Examples:
  vsmcp import .mcp.json --dry-run
  vsmcp import ~/.cursor/mcp.json`,
    )
    .action(async (from: string, { config, dryRun, json }: ImportOptions) => {
      const file = configFileOf(config, process.env, process.cwd());
      const [foreign, text = ''] = await Promise.all([read(from), readIfThere(file)]);
      const { importServers } = await import('../../import/import.js');
      const { blockOf } = await import('../../import/insert.js');
      const imported = await importServers({ file: from, text: foreign }, { file, text }, process.env);
      if (!dryRun && imported.text !== text) await writeFile(file, imported.text);
      const { addition, text: _, ...result } = imported;
      if (json) {
        process.stdout.write(
          `${JSON.stringify({ file, written: !dryRun && imported.text !== text, ...result }, null, 2)}\n`,
        );
      } else {
        if (dryRun && imported.text !== text) process.stdout.write(`servers:\n${blockOf(addition, 2)}\n`);
        process.stdout.write(`${show(imported, relative(process.cwd(), file), dryRun === true)}\n`);
      }
    });
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new VsmError('VSM_NOT_FOUND', `${file} cannot be read: ${reasonOf(error)}`, { cause: error });
  }
}

function show({ added, left, conflicts, variables }: Imported, file: string, dry: boolean): string {
  return [
    ...added.map(({ name, was, npm, url, notes }) =>
      [
        `✓ ${name}`,
        was === undefined ? '' : `(${line(was, 60)})`,
        npm ?? url ?? '',
        ...notes.map((note) => `· ${line(note)}`),
      ]
        .filter((part) => part !== '')
        .join(' '),
    ),
    ...left.map(({ name, because }) => `– ${line(name, 60)}: not supported, because ${line(because, 300)}`),
    ...conflicts.map(({ name, because }) => `✗ ${line(name, 60)}: left alone, ${line(because)}`),
    ...variables.map(
      ({ name, hint, servers }) => `  set ${name} where the fleet runs: ${line(hint)} (${servers.join(', ')})`,
    ),
    `${added.length} ${dry ? 'would be ' : ''}added to ${file}, ${left.length} kept as comments, ${conflicts.length} left alone`,
  ].join('\n');
}
