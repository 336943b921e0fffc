import { type Achievement, type Answer, QUESTIONS } from '@vsmcp/vsm';
import type { Command } from 'commander';
import { type AskOptions, ask, asking } from '../../command.js';
import { count, line, percent, table, tenths } from '../../output.js';

/** `vsmcp control` */
export function control(vsmcp: Command): void {
  asking(
    vsmcp
      .command('control')
      .description('System 3: how the pool is shared among units, how they perform, what of their autonomy is spent'),
    'vsmcp control',
    'vsmcp control --json | jq .units',
  ).action((options: AskOptions) => ask(options, (fleet) => fleet.get('/control'), QUESTIONS.control.answer, show));
}

function show(control: Answer<'control'>): string {
  const { pool, rate, demand, scarce, replicas, damped, audit, units, performance, autonomy } = control;
  const bounded = rate === undefined ? '' : ` · ${tenths(rate)} may begin a second`;
  const parts = [
    `${tenths(demand)} wanted of ${pool} operations at the same time${bounded} · ${count(replicas.length, 'replica')}`,
    ...(scarce.length > 0 ? [`used up: ${scarce.join(', ')}`] : []),
    performed(performance.fleet),
    ...spent(autonomy),
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
  const rows = units.map(({ unit, wants, slots, weight, minimum, cap, kinds }) => {
    const { productivity = null, latency = null, performance: all = null } = performance.units[unit] ?? {};
    const figures = [tenths(wants), slots, tenths(weight), minimum, cap ?? '–', `${kinds.answered}/${kinds.met}`];
    return [unit, ...figures.map(String), percent(productivity), percent(latency), percent(all)];
  });
  const head = [
    'UNIT',
    'WANTS',
    'GRANTED',
    'WEIGHT',
    'MINIMUM',
    'CAP',
    'KINDS',
    'PRODUCTIVITY',
    'LATENCY',
    'PERFORMANCE',
  ];
  return [...parts, '', table(head, rows)].join('\n');
}

function performed({ actuality, capability, potentiality, productivity, latency, performance }: Achievement): string {
  if (performance === null) return 'performance: nothing came in the last minute';
  const ratios = `productivity ${percent(productivity)} × latency ${percent(latency)} = performance ${percent(performance)}`;
  return `${ratios} · in the last minute did ${tenths(actuality)} events, could have done ${tenths(capability)}, could do ${tenths(potentiality)}`;
}

function spent({ spent: times, seconds, active }: Answer<'control'>['autonomy']): string[] {
  const all = Object.values(times).reduce((sum, n) => sum + n, 0);
  if (all === 0) return [];
  const kinds = Object.entries(times).flatMap(([rung, n]) => (n > 0 ? [`${rung} ${n}`] : []));
  return [
    `autonomy spent: ${count(all, 'intervention')} (${kinds.join(', ')}), ${Math.round(seconds)} s`,
    ...active.map(
      ({ unit, rung, floor, because }) =>
        `  ${rung} ${unit}${floor === undefined ? '' : ` below priority ${floor}`}: ${line(because)}`,
    ),
  ];
}
