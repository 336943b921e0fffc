import { type Answer, QUESTIONS } from '@vsmcp/vsm';
import type { Command } from 'commander';
import { type AskOptions, ask, asking } from '../command.js';
import { count, line, table } from '../output.js';

/** `vsmcp control` */
export function control(vsmcp: Command): void {
  asking(
    vsmcp.command('control').description('System 3: how the operations at the same time are shared among units'),
    'vsmcp control',
    'vsmcp control --json | jq .units',
  ).action((options: AskOptions) => ask(options, (fleet) => fleet.get('/control'), QUESTIONS.control.answer, show));
}

function show({ pool, demand, replicas, damped, audit, units }: Answer<'control'>): string {
  const parts = [
    `${round(demand)} wanted of ${pool} operations at the same time · ${count(replicas.length, 'replica')}`,
  ];
  if (damped.length > 0) parts.push(`moved slowly, because their shares swung: ${damped.join(', ')}`);
  if (audit) {
    const { sampled, witnessed, counted, findings } = audit;
    parts.push(
      `last audit: ${count(sampled, 'operation')} compared (${witnessed} with evidence), ${count(counted, 'outcome')} counted · ${count(findings.length, 'finding')}`,
      ...findings.map(
        ({ kind, unit, instance, reported, found }) =>
          `  ${kind} ${unit} (${instance}): ${line(reported)}; ${line(found)}`,
      ),
    );
  }
  if (units.length === 0) return [...parts, 'No unit wants anything now; each replica shares by itself.'].join('\n');
  const rows = units.map(({ unit, wants, slots, weight, minimum, cap }) =>
    [unit, round(wants), slots, weight, minimum, cap ?? '–'].map(String),
  );
  return [...parts, '', table(['UNIT', 'WANTS', 'GRANTED', 'WEIGHT', 'MINIMUM', 'CAP'], rows)].join('\n');
}

const round = (n: number) => Math.round(n * 10) / 10;
