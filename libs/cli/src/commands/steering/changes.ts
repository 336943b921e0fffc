import { QUESTIONS } from '@vsmcp/vsm';
import type { Command } from 'commander';
import { type AskOptions, ask, asking, whoAmI } from '../../command.js';
import { line } from '../../output.js';

interface ChangeOptions extends AskOptions {
  because: string;
}

/** `vsmcp capabilities upgrade|rollback|remove`: what System 5 is asked about servers that were acquired. */
export function changes(group: Command): void {
  const change = (
    how: 'upgrade' | 'rollback' | 'dismiss',
    server: string,
    options: ChangeOptions,
    more: { version?: string } = {},
  ) =>
    ask(
      options,
      (fleet) =>
        fleet.post(`/capabilities/${encodeURIComponent(server)}/${how}`, {
          ...more,
          because: options.because,
          by: whoAmI(),
        }),
      QUESTIONS.change.answer,
      ({ accepted, because }) => `${accepted ? 'accepted' : 'not accepted'}: ${line(because)}`,
    );
  const reasoned = (command: Command) => command.option('--because <why>', 'the reason, for the journal', '');

  asking(
    reasoned(group.command('upgrade'))
      .argument('<server>', 'the name it was acquired under')
      .argument('<version>', 'the exact version')
      .description('try another version; it takes the place of this one when policy, or a person, allows it'),
    'vsmcp capabilities upgrade calc-mcp 2.2.0',
  ).action((server: string, version: string, options: ChangeOptions) =>
    change('upgrade', server, options, { version }),
  );

  asking(
    reasoned(group.command('rollback'))
      .argument('<server>', 'the name it was acquired under')
      .description('have the version back that was there before an upgrade'),
    'vsmcp capabilities rollback calc-mcp --because "2.2.0 gives wrong dates"',
  ).action((server: string, options: ChangeOptions) => change('rollback', server, options));

  asking(
    reasoned(group.command('remove'))
      .argument('<server>', 'the name it was acquired under')
      .description('have it no more; it is not taken in again until somebody asks for it'),
    'vsmcp capabilities remove calc-mcp',
  ).action((server: string, options: ChangeOptions) => change('dismiss', server, options));
}
