import { type Answer, QUESTIONS } from '@vsmcp/vsm';
import type { Command } from 'commander';
import { type AskOptions, ask, asking } from '../../command.js';
import { count, line, percent, table } from '../../output.js';

/** `vsmcp variety` */
export function variety(vsmcp: Command): void {
  asking(
    vsmcp
      .command('variety')
      .description('what the environment asks for, what the fleet can answer, and what closes the gap'),
    'vsmcp variety',
    'vsmcp variety --json | jq .gaps',
  ).action((options: AskOptions) => ask(options, (fleet) => fleet.get('/variety'), QUESTIONS.variety.answer, show));
}

function show({ variety, critical, gaps }: Answer<'variety'>): string {
  const { bits } = variety;
  const spread =
    'value' in bits
      ? `${bits.value.toFixed(2)} bits (${bits.low.toFixed(2)}–${bits.high.toFixed(2)})`
      : `not said: ${bits.unknown}`;
  return [
    `in the last ${Math.round(variety.window / 1000)} s${critical ? ' · CRITICAL' : ''}`,
    `required   ${round(variety.required)} kinds of events: ${variety.seen} seen and about ${round(variety.unseen)} not yet seen (Chao1)`,
    `available  ${round(variety.available)}`,
    `gap        ${round(variety.gap)}`,
    `waiting    ${count(variety.waiting.types, 'kind')}, ${count(variety.waiting.events, 'event')}`,
    ...(Number.isInteger(variety.unseen)
      ? []
      : [
          '           parts of a kind: how many kinds were not seen yet is an estimate, out of those seen once or twice',
        ]),
    `settled    ${percent(variety.answered)} of the traffic`,
    `entropy    ${spread}`,
    '',
    gaps.length === 0
      ? 'No gap.'
      : table(
          ['WHERE', 'KIND', 'EVENTS', 'WHAT CLOSES IT'],
          gaps.map((gap) => [gap.system, gap.type ?? '', String(gap.events), line(gap.recommendation)]),
        ),
  ].join('\n');
}

function round(n: number): number {
  return Math.round(n * 10) / 10;
}
