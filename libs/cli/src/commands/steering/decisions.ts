import { type Answer, QUESTIONS, VsmError } from '@vsmcp/vsm';
import type { Command } from 'commander';
import { z } from 'zod';
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

  for (const [name, verdict, said, description] of [
    ['approve', 'allow', 'is approved', 'say yes to what asks'],
    ['deny', 'deny', 'is denied', 'say no to what asks'],
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
        async (fleet) => {
          const { proposal: id, server, candidate, type } = await which(fleet, proposal);
          const body = { verdict, because: options.because, by: whoAmI() };
          const answer = await fleet.post(`/decisions/${encodeURIComponent(id)}`, body);
          const about = [`${server} ${candidate.version}`, ...(type ? [`for ${type}`] : [])].join(' ');
          return { ...QUESTIONS.decide.answer.parse(answer), about };
        },
        QUESTIONS.decide.answer.extend({ about: z.string() }),
        ({ accepted, because, about }) => `${about} ${accepted ? said : 'is not decided'}: ${line(because)}`,
      ),
    );
  }
}

type Pending = Answer<'decisions'>['pending'][number]['proposal'];

/** The one proposal that asks and whose id begins with `start`. */
async function which(fleet: Fleet, start = ''): Promise<Pending> {
  const { pending } = QUESTIONS.decisions.answer.parse(await fleet.get('/decisions'));
  const asking = pending.map(({ proposal }) => proposal).filter(({ proposal }) => proposal.startsWith(start));
  const [one, ...others] = asking;
  if (one === undefined) {
    throw new VsmError(
      'VSM_NOT_FOUND',
      start === '' ? 'nothing asks for a decision' : `nothing that asks begins with ${start}; see vsmcp decisions list`,
    );
  }
  if (others.length > 0) {
    const named = asking.map(
      ({ proposal, server, type }) => `\n  ${proposal}   ${server}${type ? ` for ${type}` : ''}`,
    );
    throw new VsmError('VSM_USAGE', `several ask; name one:${named.join('')}`);
  }
  return one;
}

function show({ pending, decided, needs = [] }: Answer<'decisions'>): string {
  const now = Date.now();
  const asks = pending.map(({ proposal, because, until }) => [
    proposal.proposal,
    proposal.type || proposal.stage,
    `${proposal.server} ${proposal.candidate.version}`,
    `${ago(now, until)} left`,
    line(because, 400),
  ]);
  const done = decided.map(({ proposal, verdict, rule, by, at, because }) => [
    ago(at, now),
    proposal.type || '-',
    `${proposal.server} ${proposal.candidate.version}`,
    proposal.stage,
    `${verdict} by ${by === 'policy' ? rule : by}`,
    line(because, 400),
  ]);
  return [
    asks.length === 0 ? 'Nothing asks.' : table(['ASKS', 'FOR', 'SERVER', 'TIME', 'WHY IT ASKS'], asks),
    ...needs.map(
      ({ what, options }) => `System 3 needs a decision: ${line(what)}; it could be ${line(options.join(', or '))}`,
    ),
    ...(done.length === 0 ? [] : ['', table(['AGO', 'FOR', 'SERVER', 'STAGE', 'DECIDED', 'BECAUSE'], done)]),
  ].join('\n');
}
