import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { VsmError } from '@vsmcp/vsm';
import type { Command } from 'commander';
import { configFileOf } from '../../config/file.js';
import { askBeginning } from '../../init/ask.js';
import { BEGINNING, type Beginning, beginningYaml, checkBeginning } from '../../init/template.js';
import { typed } from '../../typed.js';

interface InitOptions extends Partial<Beginning> {
  yes?: true;
  force?: true;
}

/** `vsmcp init` */
export function init(vsmcp: Command): void {
  vsmcp
    .command('init')
    .argument('[file]', 'where it is written (VSMCP_CONFIG, or ./vsmcp.yaml)')
    .description('write a small configuration that runs, to begin with')
    .option('--name <name>', 'name of the fleet')
    .option('--purpose <text>', 'what it is for')
    .option('--folder <folder>', 'where things are dropped (inbox) and answered (outbox)')
    .option('--yes', 'ask nothing: take the defaults for what is not given')
    .option('--force', 'overwrite a file that is there')
    .addHelpText(
      'after',
      `
On a terminal it asks for what is not given.

Examples:
  vsmcp init
  vsmcp init --yes
  vsmcp init --name orders --purpose "Answer every order" --folder orders`,
    )
    .action(async (named: string | undefined, { yes, force, ...given }: InitOptions) => {
      const file = configFileOf(named, process.env, process.cwd());
      const complete = given.name !== undefined && given.purpose !== undefined && given.folder !== undefined;
      checkBeginning({ ...BEGINNING, ...given });
      if (!yes && !complete && !process.stdin.isTTY) {
        throw new VsmError(
          'VSM_USAGE',
          'there is no terminal to ask on: give --name, --purpose and --folder, or --yes for the defaults',
        );
      }
      const beginning =
        yes || complete
          ? { ...BEGINNING, ...given }
          : await askBeginning(given, BEGINNING, { input: process.stdin, output: process.stdout });
      await write(file, beginningYaml(beginning), force === true);
      // editors check the file against it and complete its keys
      const { configJsonSchemaText } = await import('@vsmcp/service');
      await writeFile(join(dirname(file), 'vsmcp.schema.json'), configJsonSchemaText());
      const inbox = join(beginning.folder, 'inbox');
      process.stdout.write(
        `wrote ${relative(process.cwd(), file)}\nNow: \`${typed(isUsual(file) ? 'up' : `up ${relative(process.cwd(), file)}`)}\`, then drop a file ending in .md in ${inbox}; what becomes of it appears in ${join(beginning.folder, 'outbox')}.\n`,
      );
    });
}

/** True for the file that commands here take without its being named. */
function isUsual(file: string): boolean {
  return file === join(process.cwd(), 'vsmcp.yaml');
}

async function write(file: string, text: string, force: boolean): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  try {
    await writeFile(file, text, { flag: force ? 'w' : 'wx' });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    const run = typed(isUsual(file) ? 'up' : `up ${relative(process.cwd(), file)}`);
    throw new VsmError(
      'VSM_REFUSED',
      `${file} is there already, and stays as it is: \`${run}\` runs it, --force overwrites it`,
      { cause: error },
    );
  }
}
