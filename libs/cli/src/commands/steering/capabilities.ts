import { type Answer, isRemote, QUESTIONS, VsmError } from '@vsmcp/vsm';
import type { Command } from 'commander';
import { type AskOptions, ask, asking, whoAmI } from '../../command.js';
import { Ended } from '../../ended.js';
import { line, table } from '../../output.js';
import { changes } from './changes.js';

interface AcquireOptions extends AskOptions {
  tool?: string;
  for?: string;
}

/** `vsmcp capabilities list|test|discover|acquire|upgrade|rollback|remove` */
export function capabilities(vsmcp: Command): void {
  const group = vsmcp.command('capabilities').description('the MCP servers System 1 has, and those it could have');

  asking(
    group
      .command('list', { isDefault: true })
      .description('the servers, where they came from and how they are confined'),
    'vsmcp capabilities list',
    'vsmcp capabilities list --json',
  ).action((options: AskOptions) =>
    ask(options, (fleet) => fleet.get('/capabilities'), QUESTIONS.capabilities.answer, showList),
  );

  asking(
    group
      .command('test')
      .argument('<server>', 'its name in vsmcp.yaml, or the one it was acquired under')
      .description('does a server answer, how fast, with which tools; or why not, and the mend'),
    'vsmcp capabilities test memory',
    'vsmcp capabilities test memory --json | jq .latency',
  ).action((server: string, options: AskOptions) =>
    ask(
      options,
      (fleet) => fleet.get(`/capabilities/${encodeURIComponent(server)}/test`),
      QUESTIONS.test.answer,
      showTest,
      ({ ok }) => {
        if (!ok) throw new Ended(1);
      },
    ),
  );

  asking(
    group.command('discover').argument('[text]', 'words to look for').description('what the registries offer'),
    'vsmcp capabilities discover',
    'vsmcp capabilities discover cron',
  ).action((text: string | undefined, options: AskOptions) =>
    ask(options, (fleet) => fleet.get('/capabilities/discover', { text }), QUESTIONS.discover.answer, showOffers),
  );

  acquire(group);
  changes(group);
}

/** `vsmcp capabilities acquire` */
function acquire(group: Command): void {
  asking(
    group
      .command('acquire')
      .argument('[server]', "a server's name in the registry: io.github.owner/server")
      .option('--tool <name>', 'a tool that is wanted, whichever server has it')
      .option('--for <type>', 'the event type it shall answer')
      .description('ask System 5 for a capability; policy decides'),
    'vsmcp capabilities acquire io.github.coo-quack/calc-mcp',
    'vsmcp capabilities acquire --for file.cron',
  ).action((server: string | undefined, options: AcquireOptions) => {
    const { tool, for: type } = options;
    if (!server && !tool && !type) {
      throw new VsmError(
        'VSM_USAGE',
        'name what to acquire: a server, --tool or --for; see vsmcp capabilities acquire --help',
      );
    }
    return ask(
      options,
      (fleet) => fleet.post('/capabilities/acquire', { server, tool, type, by: whoAmI() }),
      QUESTIONS.acquire.answer,
      ({ accepted, because }) => `${accepted ? 'accepted' : 'not accepted'}: ${line(because)}`,
    );
  });
}

function showTest({ server, ok, instance, latency, protocol, serverInfo, tools, ...how }: Answer<'test'>): string {
  const rows: [string, string | undefined][] = [
    ['answered in', latency === undefined ? undefined : `${latency.toFixed(1)} ms`],
    ['why', how.reason],
    ['mend', how.mend],
    ['MCP', protocol],
    ['says it is', serverInfo && `${line(serverInfo.name, 80)} ${line(serverInfo.version, 40)}`],
    ['confinement', how.confinement],
    ['runs at', instance],
    ['tools', tools.length === 0 ? undefined : `${tools.length}: ${tools.map((tool) => line(tool, 60)).join(', ')}`],
  ];
  const known = rows.flatMap(([name, text]) => (text === undefined ? [] : [`  ${name.padEnd(12)} ${text}`]));
  return [`${ok ? '✓' : '✗'} ${server}`, ...known].join('\n');
}

function showList({ capabilities }: Answer<'capabilities'>): string {
  if (capabilities.length === 0) return 'No server yet.';
  const doubtful = capabilities.flatMap(({ server, suspicions, offered }) =>
    (offered?.suspicions ?? suspicions ?? []).map(
      ({ where, kind, text }) => `! ${server}: ${kind} in ${line(where, 60)}: ${line(text, 120)}`,
    ),
  );
  const servers = table(
    ['SERVER', 'VERSION', 'ORIGIN', 'STATE', 'CONFINEMENT', 'TOOLS'],
    capabilities.map(({ server, version, origin, state, reason, spec, confinement, tools, only }) => [
      server,
      version,
      origin,
      reason ? `${state}: ${line(reason, 80)}` : state,
      confinement ?? (isRemote(spec) ? 'none, runs elsewhere' : ''),
      line((only ?? tools.map(({ name }) => name)).join(', '), 120),
    ]),
  );
  return [servers, ...doubtful].join('\n');
}

function showOffers({ registries, candidates, unusable = [] }: Answer<'discover'>): string {
  const trouble = registries.flatMap(({ registry, error, left = [] }) => [
    ...(error ? [`! ${registry}: ${line(error)}`] : []),
    ...left.map((entry) => `! ${registry}: left out ${line(entry)}`),
  ]);
  const rows = candidates.map(({ name, version, description }) => [name, version, line(description, 100)]);
  const others = unusable.map(({ name, version, because }) => [name, version, line(because, 160)]);
  return [
    ...trouble,
    rows.length === 0 ? 'Nothing found.' : table(['SERVER', 'VERSION', 'DESCRIPTION'], rows),
    ...(others.length === 0 ? [] : ['', table(['NOT TO BE HAD', 'VERSION', 'BECAUSE'], others)]),
  ].join('\n');
}
