import { type Answer, QUESTIONS, SYSTEM_NAMES, SYSTEMS, type System, VsmError } from '@vsmcp/vsm';
import { Argument, type Command } from 'commander';
import { z } from 'zod';
import { type AskOptions, ask, asking } from '../../command.js';
import type { Fleet } from '../../fleet.js';
import { ago, brief, line, size, table } from '../../output.js';

/** A system's answers about itself, beside its heartbeats. */
const OWN: Record<System, readonly (readonly [path: string, query?: Record<string, string | number>])[]> = {
  s1: [['/capabilities'], ['/account'], ['/waiting', { limit: 20 }]],
  s2: [['/coordination']],
  s3: [['/control'], ['/recursion']],
  s4: [['/acquisitions']],
  s5: [['/policies'], ['/decisions'], ['/alerts']],
  consciousness: [['/variety']],
  gateway: [],
};
const JOURNAL = 5;

const Inspection = z.looseObject({
  ...QUESTIONS.systems.answer.shape.systems.element.shape,
  journal: QUESTIONS.journal.answer.shape.entries,
  own: z.record(z.string(), z.unknown()),
});
type Inspection = z.infer<typeof Inspection>;

/** `vsmcp inspect <system>` */
export function inspect(vsmcp: Command): void {
  asking(
    vsmcp
      .command('inspect')
      .description('one system from inside: its instances and their processes, what it last did, what it holds')
      .addArgument(new Argument('<system>', 'which one').choices(SYSTEMS)),
    'vsmcp inspect s1',
    'VSMCP_URL=http://fleet.example:4010 vsmcp inspect s3 --json',
  ).action((system: System, options: AskOptions) => ask(options, (fleet) => look(fleet, system), Inspection, show));
}

async function look(fleet: Fleet, system: System): Promise<object> {
  const [seen, entries, ...own] = await Promise.all([
    fleet.get('/systems', { system }),
    fleet.get('/journal', { system, limit: JOURNAL }),
    ...OWN[system].map(([path, query]) => fleet.get(path, query)),
  ]);
  const [one] = QUESTIONS.systems.answer.parse(seen).systems;
  if (!one)
    throw new VsmError('VSM_NOT_FOUND', `the fleet knows no ${system}; is its version older than this command's?`);
  return {
    ...one,
    journal: QUESTIONS.journal.answer.parse(entries).entries,
    own: Object.fromEntries(OWN[system].map(([path], i) => [path.slice(1), own[i]])),
  };
}

function show({ system, health, instances, journal, own }: Inspection): string {
  const now = Date.now();
  const parts = [
    `${SYSTEM_NAMES[system]}: ${health}`,
    instances.length === 0 ? 'no instance has been heard' : instancesTable(instances, now),
    ...instances.flatMap(({ instance, trouble }) =>
      Object.entries(trouble).map(([check, what]) => `! ${instance} · ${check}: ${line(what)}`),
    ),
    ...(journal.length === 0
      ? []
      : [
          '',
          'last in its journal',
          table(
            ['AGO', 'WHAT', 'DATA'],
            journal.map(({ at, type, data }) => [ago(at, now), type, brief(data, 120)]),
          ),
        ]),
    ...Object.entries(own).flatMap(([what, answer]) => ['', what, indented(answer)]),
  ];
  return parts.join('\n');
}

/** Instances and what their processes use; those of one process show the same. */
export function instancesTable(instances: Answer<'systems'>['systems'][number]['instances'], now: number): string {
  return table(
    ['INSTANCE', 'STATE', 'EPOCH', 'UP', 'PID', 'MEMORY', 'CPU', 'LAG', 'VERSION'],
    instances.map(({ instance, state, ready, epoch, started, version, vitals }) => [
      instance,
      ready ? state : `${state}, not ready`,
      epoch === undefined ? '' : String(epoch),
      ago(started, now),
      vitals ? `${vitals.pid}@${vitals.host}` : '?',
      vitals ? size(vitals.memory) : '?',
      vitals ? `${Math.round(vitals.cpu * 100)} %` : '?',
      vitals ? `${Math.round(vitals.lag)} ms` : '?',
      version,
    ]),
  );
}

/** An answer as lines `key: value`, lists one item per line. */
function indented(answer: unknown): string {
  if (typeof answer !== 'object' || answer === null) return `  ${brief(answer)}`;
  return Object.entries(answer)
    .flatMap(([key, value]) =>
      Array.isArray(value) && value.length > 0
        ? [`  ${key} (${value.length})`, ...value.slice(0, 20).map((item) => `    ${brief(item, 160)}`)]
        : [`  ${key}: ${brief(value, 160)}`],
    )
    .join('\n');
}
