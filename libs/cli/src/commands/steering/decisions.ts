import { type Answer, QUESTIONS, VsmError } from '@vsmcp/vsm';
import type { Command } from 'commander';
import { type AskOptions, ask, asking, whoAmI } from '../../command.js';
import type { Fleet } from '../../fleet.js';
import { ago, line, table } from '../../output.js';

interface DecideOptions extends AskOptions {
  because: string;
}

/** `vsmcp decisions list|approve|deny` */
export function decisions(vsmcp: Command): void {
  const group = vsmcp.command('decisions').description('what System 5 decided, and what it asks a person');

  asking(
    group.command('list', { isDefault: true }).description('what asks, and what was decided'),
    'vsmcp decisions list',
  ).action((options: AskOptions) => ask(options, (fleet) => fleet.get('/decisions'), QUESTIONS.decisions.answer, show));

  for (const [name, verdict, description] of [
    ['approve', 'allow', 'say yes to what asks'],
    ['deny', 'deny', 'say no to what asks'],
  ] as const) {
    asking(
      group
        .command(name)
        .argument('[proposal]', 'its id or the beginning of it; not needed when only one asks')
        .option('--because <why>', 'the reason, for the journal', '')
        .description(description),
      `vsmcp decisions ${name}`,
      `vsmcp decisions ${name} 7f0c --because "looked at it"`,
    ).action((proposal: string | undefined, options: DecideOptions) =>
      ask(
        options,
        async (fleet) =>
          fleet.post(`/decisions/${encodeURIComponent(await which(fleet, proposal))}`, {
            verdict,
            because: options.because,
            by: whoAmI(),
          }),
        QUESTIONS.decide.answer,
        ({ accepted, because }) => `${accepted ? 'decided' : 'not accepted'}: ${line(because)}`,
      ),
    );
  }
}

/** The one proposal that asks and whose id begins with `start`. */
async function which(fleet: Fleet, start = ''): Promise<string> {
  const { pending } = QUESTIONS.decisions.answer.parse(await fleet.get('/decisions'));
  const ids = pending.map(({ proposal }) => proposal.proposal).filter((id) => id.startsWith(start));
  const [id, ...others] = ids;
  if (id === undefined) {
    throw new VsmError(
      'VSM_NOT_FOUND',
      start === '' ? 'nothing asks for a decision' : `nothing that asks begins with ${start}; see vsmcp decisions list`,
    );
  }
  if (others.length > 0) throw new VsmError('VSM_USAGE', `several ask; name one: ${ids.join(', ')}`);
  return id;
}

function show({ pending, decided, needs = [] }: Answer<'decisions'>): string {
  const now = Date.now();
  const asks = pending.map(({ proposal, because, until }) => [
    proposal.proposal,
    proposal.type || proposal.stage,
    `${proposal.server} ${proposal.candidate.version}`,
    `${ago(now, until)} left`,
    line(because, 140),
  ]);
  const done = decided.map(({ proposal, verdict, rule, by, at, because }) => [
    ago(at, now),
    proposal.type || '-',
    `${proposal.server} ${proposal.candidate.version}`,
    proposal.stage,
    `${verdict} by ${by === 'policy' ? rule : by}`,
    line(because, 100),
  ]);
  return [
    asks.length === 0 ? 'Nothing asks.' : table(['ASKS', 'FOR', 'SERVER', 'TIME', 'WHY IT ASKS'], asks),
    ...needs.map(
      ({ what, options }) => `System 3 needs a decision: ${line(what)}; it could be ${line(options.join(', or '))}`,
    ),
    ...(done.length === 0 ? [] : ['', table(['AGO', 'FOR', 'SERVER', 'STAGE', 'DECIDED', 'BECAUSE'], done)]),
  ].join('\n');
}
