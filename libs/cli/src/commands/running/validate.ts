import { basename, relative, resolve } from 'node:path';
import type { Command } from 'commander';
import { configFileOf } from '../../config/file.js';
import { Ended } from '../../ended.js';
import { count } from '../../output.js';

/** `vsmcp validate` */
export function validate(vsmcp: Command): void {
  vsmcp
    .command('validate')
    .argument('[file]', 'the configuration (VSMCP_CONFIG, or ./vsmcp.yaml)')
    .description('check a configuration without running it: keys, values, names, expressions, rules')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      `
Ends with 0 when all is right, 1 when something is wrong.

Examples:
  vsmcp validate
  vsmcp validate other.yaml --json | jq .problems`,
    )
    .action(async (named: string | undefined, { json }: { json?: true }) => {
      const file = configFileOf(named, process.env, process.cwd());
      // the rules and expressions are compiled by the services that will use them: loaded only here
      const { checkTree } = await import('../../config/tree.js');
      const checked = await checkTree(file, process.env);
      const { hostileGround } = await import('../../doctor/hostile.js');
      const problems = checked.ok ? [] : checked.problems;
      const warnings = checked.ok
        ? hostileGround(checked.tree.config, { home: checked.tree.home, file: resolve(file) })
        : [];
      const shown = named ?? relative(process.cwd(), file);
      if (json) {
        process.stdout.write(`${JSON.stringify({ file, valid: checked.ok, problems, warnings }, null, 2)}\n`);
      } else if (checked.ok) {
        const { name, units, servers } = checked.tree.config;
        const has = `${count(Object.keys(units).length, 'unit')}, ${count(Object.keys(servers).length, 'server')}`;
        process.stdout.write(`${shown} is right: ${name}, ${has}\n`);
        for (const each of warnings) process.stdout.write(`beware: ${each}\n`);
      } else {
        const { problemText } = await import('@vsmcp/service');
        const lines = problems.map((problem) =>
          problemText(problem, problem.file === basename(file) ? shown : problem.file),
        );
        process.stdout.write(`${lines.join('\n')}\n${count(problems.length, 'problem')}\n`);
      }
      if (!checked.ok) throw new Ended(1);
    });
}
