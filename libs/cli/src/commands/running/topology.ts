import { Party, permissionsOf, topology as topologyOf, VsmError } from '@vsmcp/vsm';
import type { Command } from 'commander';
import { configFileOf, readIfThere } from '../../config/file.js';
import { Ended } from '../../ended.js';
import { brief, table } from '../../output.js';
import { type Definitions, definitionsOf, importable } from '../../topology/definitions.js';
import { type Difference, differences } from '../../topology/differences.js';
import { type Management, managementAt } from '../../topology/management.js';
import { mayBeRemoved, removalOf, remove } from '../../topology/removal.js';
import { type BrokerUser, readUsers } from '../../topology/users.js';

/** Exit code of `diff` when the broker is not as the table wants it. */
const DIFFERS = 3;
const MANAGEMENT = 'http://guest:guest@127.0.0.1:15672';

const NOT_TOLD =
  'Two bindings cannot be told in definitions: events with a partition key are not kept in order before `vsmcp topology apply`.';
const ONE_PARTITION =
  'Events with a partition key have one partition here: enable the plugin rabbitmq_consistent_hash_exchange for more';

interface Options {
  config?: string;
  vhost?: string;
  users?: string;
  json?: true;
}
type BrokerOptions = Options & { management?: string; amqp?: string };

/** `vsmcp topology export|diff|apply|delete` */
export function topology(vsmcp: Command): void {
  const group = vsmcp
    .command('topology')
    .description(
      'what must stand on the broker: exchanges, queues, bindings, and a user with its rights for each system',
    );

  described(group.command('export').description("print it as RabbitMQ's definitions, to be imported"), [
    'vsmcp topology export > definitions.json',
    'vsmcp topology export --users secrets > definitions.json   with a user for each system',
    'vsmcp topology export --json | jq .users.s1                what System 1 may do',
  ])
    .option('--json', 'print exchanges, queues, bindings and rights by system instead')
    .action(async (options: Options) => {
      const { path, wanted } = await wantedBy(options);
      print(options.json ? plain(path) : importable(wanted));
      if (!options.json) process.stderr.write(`${NOT_TOLD}\n`);
    });

  onBroker(group.command('diff').description('compare a broker with it; ends with 3 when they differ'), [
    'vsmcp topology diff',
    'vsmcp topology diff --management http://admin:secret@broker:15672 --users secrets --json',
  ])
    .option('--json', 'print the differences as JSON')
    .action(async (options: BrokerOptions) => {
      const broker = await brokerOf(options);
      const { path, wanted, users } = await wantedBy(options, broker);
      const found = differences(path, wanted, await broker.read(), users);
      if (options.json) print({ broker: broker.shown, differences: found });
      else say(found.length === 0 ? `${broker.shown} has all of ${path}` : shown(found));
      if (found.length > 0) throw new Ended(DIFFERS);
    });

  onBroker(group.command('apply').description('declare what is missing on a broker; the same again changes nothing'), [
    'vsmcp topology apply',
    'vsmcp topology apply --management http://admin:secret@broker:15672 --users secrets',
  ])
    .option('--amqp <url>', 'the broker itself, with such a user; where the management interface says, unless given')
    .action(async (options: BrokerOptions) => {
      const broker = await brokerOf(options);
      const { path, wanted, users } = await wantedBy(options, broker);
      const over = async () => options.amqp ?? (await broker.amqp(await vhostOf(options)));
      const done = await apply(broker, over, path, wanted, users);
      say((await broker.can()).hash ? done : `${done}\n${ONE_PARTITION}`);
    });

  deletion(group);
}

/** `vsmcp topology delete` */
function deletion(group: Command): void {
  onBroker(
    group
      .command('delete')
      .description("end a fleet's part of a broker: its exchanges and queues; users and other fleets stay"),
    ['vsmcp topology delete', 'vsmcp topology delete --yes', 'vsmcp topology delete --yes --with-messages'],
  )
    .option('--yes', 'do it; without it only what would be removed is shown')
    .option('--with-messages', 'also where messages wait, which are lost')
    .option('--json', 'print the result as JSON')
    .action(async (options: BrokerOptions & { yes?: true; withMessages?: true }) => {
      const broker = await brokerOf(options);
      const { path } = await wantedBy(options, broker);
      const vhost = await vhostOf(options);
      const removal = removalOf(path, vhost, await broker.read(), await broker.queues(vhost));
      mayBeRemoved(removal, options.withMessages === true);
      if (options.yes) await remove(broker, vhost, removal);
      if (options.json) return print({ path, vhost, removed: options.yes === true, ...removal });
      const sizes = `${removal.exchanges.length} exchanges and ${removal.queues.length} queues of ${path}`;
      say(
        options.yes ? `removed ${sizes} from ${broker.shown}` : `would remove ${sizes} from ${broker.shown}: add --yes`,
      );
    });
}

async function apply(
  broker: Management,
  amqp: () => Promise<string>,
  path: string,
  wanted: Definitions,
  users: readonly BrokerUser[],
): Promise<string> {
  const before = differences(path, wanted, await broker.read(), users);
  const fixed = before.filter(({ what, how }) => how === 'different' && (what === 'exchange' || what === 'queue'));
  if (fixed.length > 0) {
    throw new VsmError(
      'VSM_BROKER',
      `what stands with other arguments cannot be changed; delete it once it is empty, then apply again:\n${shown(fixed)}`,
    );
  }
  const lacking = before.filter(({ how }) => how !== 'extra');
  if (lacking.length > 0) {
    await broker.write(importable(wanted));
    const { declareExchangeBindings } = await import('@vsmcp/nervous-system');
    await declareExchangeBindings(await amqp(), topologyOf(path).exchangeBindings);
  }
  const { exchanges, queues, bindings } = wanted;
  const sizes = `${exchanges.length} exchanges, ${queues.length} queues, ${bindings.length} bindings, ${users.length} users`;
  const extra = before.filter(({ how }) => how === 'extra');
  const left = extra.length === 0 ? '' : `\nLeft as it is, though the table does not have it:\n${shown(extra)}`;
  return `${path} on ${broker.shown}: ${sizes}; ${lacking.length} of them new or changed${left}`;
}

/** The topology that the configuration and the options ask for, on a broker with all plugins or on this one. */
async function wantedBy(
  options: Options,
  broker?: Management,
): Promise<{ path: string; wanted: Definitions; users: BrokerUser[] }> {
  const file = configFileOf(options.config, process.env, process.cwd());
  const there = options.config !== undefined || (await readIfThere(file)) !== undefined;
  const { loadConfig } = await import('@vsmcp/service');
  const { path } = await loadConfig(there ? file : undefined, process.env);
  const users = options.users === undefined ? [] : await readUsers(options.users, path);
  return { path, wanted: definitionsOf(path, await vhostOf(options), users, await broker?.can()), users };
}

/** The virtual host that is meant: the one given, or that of the broker's URL. */
async function vhostOf({ vhost, amqp }: Options & { amqp?: string }): Promise<string> {
  const { withSecrets } = await import('@vsmcp/service');
  const url = amqp ?? withSecrets(process.env).VSMCP_AMQP_URL;
  if (vhost !== undefined || url === undefined || !URL.canParse(url)) return vhost ?? '/';
  return decodeURIComponent(new URL(url).pathname.slice(1)) || '/';
}

/**
 * The configuration is read by what the services use: loaded only by who needs it, so that the other commands stay
 * quick.
 */
async function brokerOf({ management }: BrokerOptions): Promise<Management> {
  const { withSecrets } = await import('@vsmcp/service');
  return managementAt(management ?? withSecrets(process.env).VSMCP_MANAGEMENT_URL ?? MANAGEMENT);
}

function plain(path: string): object {
  const users = Object.fromEntries(Party.options.map((party) => [party, permissionsOf(path, party)]));
  return { path, ...topologyOf(path), users };
}

function described(command: Command, examples: string[]): Command {
  return command
    .option('--config <file>', 'the configuration, for the path of the fleet (VSMCP_CONFIG, or ./vsmcp.yaml)')
    .option('--vhost <name>', 'the virtual host (that of VSMCP_AMQP_URL, else /)')
    .option(
      '--users <folder>',
      'also users and rights: a folder with the AMQP URL of each in a file, amqp-s1 to amqp-world',
    )
    .addHelpText('after', `\nExamples:\n${examples.map((example) => `  ${example}`).join('\n')}`);
}

function onBroker(command: Command, examples: string[]): Command {
  return described(command, examples).option(
    '--management <url>',
    `the broker's management interface, with an administrator's name and password (VSMCP_MANAGEMENT_URL or the file in
VSMCP_MANAGEMENT_URL_FILE, else ${MANAGEMENT})`,
  );
}

function shown(found: readonly Difference[]): string {
  return table(
    ['HOW', 'WHAT', 'NAME', ''],
    found.map(({ how, what, name, wanted, found: other }) => [
      how,
      what,
      name,
      how === 'different' && wanted !== undefined
        ? `wanted ${brief(wanted)}, found ${brief(other)}`
        : brief(other ?? ''),
    ]),
  );
}

function print(value: object): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
