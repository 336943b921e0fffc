import { QUESTIONS, VsmError } from '@vsmcp/vsm';
import type { Command } from 'commander';
import { type AskOptions, ask, asking, jsonOption, whoAmI } from '../../command.js';
import { line } from '../../output.js';

interface AnswerOptions extends AskOptions {
  approve?: true;
  deny?: true;
  values?: string;
  source?: string;
  because: string;
}

/** `vsmcp held answer`: what a person says to an event that `call: person` made wait. */
export function answering(group: Command): void {
  asking(
    group
      .command('answer')
      .argument('<id>', "the event's id")
      .option('--approve', 'yes: it goes on')
      .option('--deny', 'no: it is refused')
      .option('--values <json>', 'what you give it: the first of the results that its further calls see')
      .option('--source <source>', 'where several sources use the same id')
      .option('--because <why>', 'the reason, for the journal and the outcome', '')
      .description('say yes or no to what waits for a person (--reason asked)'),
    `vsmcp held answer 7f0c --approve --values '{"amount":12}'`,
    'vsmcp held answer 7f0c --deny --because "too late"',
  ).action((id: string, options: AnswerOptions) => {
    const { approve, deny, values, source, because } = options;
    if (approve === deny) throw new VsmError('VSM_USAGE', 'say --approve or --deny');
    const body = {
      verdict: approve ? 'approve' : 'deny',
      because,
      by: whoAmI(),
      ...(values !== undefined && { values: jsonOption('--values', values) }),
      ...(source !== undefined && { source }),
    };
    return ask(
      options,
      (fleet) => fleet.post(`/held/${encodeURIComponent(id)}/answer`, body),
      QUESTIONS.answer.answer,
      (answer) => `accepted: ${line(answer.because)}`,
    );
  });
}
