import { randomUUID } from 'node:crypto';
import { type BrokerState, type DeclaredState, type Rights, readBroker } from '@vsmcp/nervous-system';
import { withSecrets } from '@vsmcp/service';
import { type BrokerCan, HASHING, PARTITION_QUEUES, reasonOf, SYSTEMS, topology } from '@vsmcp/vsm';
import { count } from '../output.js';
import { definitionsOf } from '../topology/definitions.js';
import { type Difference, differences } from '../topology/differences.js';
import { managementAt } from '../topology/management.js';
import { broken, type Finding, none, ok, warning } from './finding.js';
import type { FleetSeen } from './fleet-seen.js';
import { mendOfConnection } from './refusals.js';
import type { Situation } from './situation.js';

/** ms for the handshake, and for one answer of the management interface. */
const HANDSHAKE = 4000;
const MANAGEMENT = 3000;
const MANAGEMENT_PORT = 15_672;
/** The oldest RabbitMQ that the fleet runs on. */
const OLDEST = [3, 10] as const;
/** Names in one line; the rest is counted. */
const NAMED = 4;

/** The broker: there, new enough, with the rights and the topology that this fleet needs, and somebody who listens. */
export async function lookAtBroker({
  settings,
  config,
  env,
  fleet,
}: Pick<Situation, 'settings' | 'config' | 'env'> & { fleet(): Promise<Pick<FleetSeen, 'is'>> }): Promise<Finding[]> {
  if ('wrong' in settings) return [none('not looked at: the environment is wrong')];
  const { amqpUrl, amqpDeclare } = settings;
  if (amqpUrl === undefined) return [none('none: messages travel in memory (VSMCP_AMQP_URL names one)')];
  let looked: BrokerState;
  try {
    looked = await readBroker(amqpUrl, { timeout: HANDSHAKE, ids: randomUUID });
  } catch (error) {
    return [broken(reasonOf(error), mendOfConnection(error))];
  }
  try {
    const version = judgeVersion(looked);
    if ('wrong' in config) return [version, none('topology and rights: the configuration is not right')];
    const { path } = config;
    const [rights, declared] = [await looked.rights(path), await looked.declaredState(topology(path))];
    const runs = (await fleet()).is === 'there';
    return [
      version,
      judgeRights(path, rights, amqpDeclare),
      ...judgeStanding(path, declared, rights.declare && amqpDeclare),
      ...(await bindings(path, looked.vhost, amqpUrl, withSecrets(env).VSMCP_MANAGEMENT_URL, declared)),
      judgeListeners(path, declared, runs),
    ];
  } finally {
    await looked.close();
  }
}

export function judgeVersion({ product, version }: { product: string; version: string }): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [wanted, least] = OLDEST;
  const said = `${product} ${version}`;
  if (product !== 'RabbitMQ')
    return warning(said, `the fleet was made for RabbitMQ ${OLDEST.join('.')} and later: use it`);
  if (major > wanted || (major === wanted && minor >= least)) return ok(said);
  return broken(`${said}, at least ${OLDEST.join('.')} is needed`, 'upgrade RabbitMQ');
}

/** @param all whether one user is to speak for every system, as where there are no users of their own */
export function judgeRights(path: string, { declare, as }: Rights, all: boolean): Finding {
  const mend = 'vsmcp topology export --users <folder> has the rights that each system needs';
  if (as.length === 0) return broken(`this user may neither listen nor speak as a system of ${path}`, mend);
  const said = `rights: this user may listen and speak as ${as.length === SYSTEMS.length ? 'every system' : as.join(', ')}`;
  const declares = declare ? ', and declare' : ', and not declare';
  if (all && as.length < SYSTEMS.length) return warning(`${said}${declares}: not enough for a whole fleet`, mend);
  return ok(`${said}${declares}`);
}

/** @param declares whether the fleet declares what is missing */
export function judgeStanding(
  path: string,
  { missing, different = [], queues }: DeclaredState,
  declares: boolean,
): Finding[] {
  const others = different.map((name) =>
    warning(
      `${name} stands with other arguments than this version wants, and is used as it is`,
      `delete it once it is empty (rabbitmqctl delete_queue ${name}), then: vsmcp topology apply`,
    ),
  );
  if (missing.length === 0) return others.length > 0 ? others : [ok(`all exchanges and queues of ${path} stand`)];
  if (!declares) {
    const mend = 'vsmcp topology apply, as an administrator';
    return [...others, broken(`missing, and not to be declared by this user: ${named(missing)}`, mend)];
  }
  if (queues.length === 0) return [ok(`nothing of ${path} stands yet: the fleet declares it when it starts`)];
  const mend = 'vsmcp topology apply, or start the fleet anew: it declares what is missing';
  return [...others, warning(`missing: ${named(missing)}`, mend)];
}

/** Facts that only the management interface knows. Where it is not named, the usual place is tried. */
async function bindings(
  path: string,
  vhost: string,
  amqpUrl: string,
  given: string | undefined,
  declared: DeclaredState,
): Promise<Finding[]> {
  const management = managementAt(given ?? usualPlace(amqpUrl), MANAGEMENT);
  try {
    const can = await management.can();
    const found = differences(path, definitionsOf(path, vhost, [], can), await management.read(), []);
    return [judgeBindings(path, found, new Set(declared.missing)), judgeOrder(can, found)];
  } catch (error) {
    const what = 'bindings are not looked at';
    if (given === undefined)
      return [none(`${what}: no management interface at ${management.shown} (VSMCP_MANAGEMENT_URL names one)`)];
    return [
      warning(`${what}: ${reasonOf(error)}`, 'correct VSMCP_MANAGEMENT_URL: http://administrator:password@host:15672'),
    ];
  }
}

function usualPlace(amqpUrl: string): string {
  const { hostname, username, password } = new URL(amqpUrl);
  return `http://${username || 'guest'}:${password || 'guest'}@${hostname || 'localhost'}:${MANAGEMENT_PORT}`;
}

/** @param missing queues and exchanges that are told elsewhere, with their bindings */
export function judgeBindings(path: string, found: readonly Difference[], missing: ReadonlySet<string>): Finding {
  const told = (name: string) => [...missing].some((each) => name.includes(each));
  const lacking = found.filter(({ what, how, name }) => what === 'binding' && how === 'missing' && !told(name));
  const extra = found.filter(({ what, how }) => what === 'binding' && how === 'extra');
  if (lacking.length > 0) {
    return broken(`missing bindings: ${named(lacking.map(({ name }) => name))}`, 'vsmcp topology apply');
  }
  if (extra.length > 0) {
    return warning(
      `bindings that are not of this version: ${named(extra.map(({ name }) => name))}`,
      'vsmcp topology diff shows them; take them away with rabbitmqadmin or the management page',
    );
  }
  return ok(`all bindings of ${path} stand`);
}

/** How many partitions events with a partition key have. */
export function judgeOrder({ hash }: BrokerCan, found: readonly Difference[]): Finding {
  const one = 'events with a partition key have one partition';
  if (!hash) {
    return warning(`${one}: this broker cannot hash`, 'rabbitmq-plugins enable rabbitmq_consistent_hash_exchange');
  }
  const other = found.find(({ what, how, wanted }) => what === 'exchange' && how === 'different' && hashes(wanted));
  if (other === undefined) return ok(`events with a partition key have ${PARTITION_QUEUES.length} partitions`);
  const mend = `with no such events under way, delete ${other.name} and start the fleet again`;
  return warning(`${one}: ${other.name} is from a time when this broker could not hash`, mend);
}

function hashes(exchange: unknown): boolean {
  return typeof exchange === 'object' && exchange !== null && 'type' in exchange && exchange.type === HASHING;
}

/** @param runs a fleet runs here, so that somebody should listen */
export function judgeListeners(path: string, { queues }: DeclaredState, runs: boolean): Finding {
  const declared = queues.filter(({ name }) => !name.startsWith(`${path}.retry.`));
  const waiting = declared.reduce((sum, { messages }) => sum + messages, 0);
  const deaf = declared.filter(({ consumers }) => consumers === 0);
  if (!runs) {
    const all = deaf.length === declared.length ? '' : `, ${declared.length - deaf.length} queues are listened to`;
    return none(`no fleet runs here${all}; ${count(waiting, 'message')} wait`);
  }
  if (deaf.length === 0) return ok(`every queue is listened to; ${count(waiting, 'message')} wait`);
  const list = deaf.map(({ name, messages }) => `${name} (${messages})`);
  return broken(
    `nobody listens on ${named(list)}`,
    `start what is missing: ${[...new Set(deaf.map(({ name }) => name.slice(path.length + 1).split('.')[0]))].join(', ')}; vsmcp status says who is there`,
  );
}

function named(names: readonly string[]): string {
  const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : '';
  return names.slice(0, NAMED).join(', ') + more;
}
