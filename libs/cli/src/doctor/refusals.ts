import type { BrokerTrouble } from '@vsmcp/nervous-system';
import type { DatabaseTrouble } from '@vsmcp/service';
import { VsmError } from '@vsmcp/vsm';

/** Mends for a broker or database that lets nobody in, by its ground. */
const BROKER: Record<BrokerTrouble, string> = {
  refused: 'start the broker (a RabbitMQ on this machine: systemctl start rabbitmq-server), or correct VSMCP_AMQP_URL',
  'unknown-host': 'no such host: correct VSMCP_AMQP_URL',
  login:
    'wrong user or password: correct VSMCP_AMQP_URL, or rabbitmqctl change_password; guest may come from its own machine only',
  vhost: 'make the virtual host (rabbitmqctl add_vhost, set_permissions), or correct the end of VSMCP_AMQP_URL',
  unreachable: 'it is not reached: correct host and port of VSMCP_AMQP_URL, or open the way',
  tls: 'correct the certificate, or use amqp:// where the port speaks no TLS',
  other: 'correct VSMCP_AMQP_URL (amqp://user:password@host:5672/vhost); is it a RabbitMQ that listens there?',
};
const DATABASE: Record<DatabaseTrouble, string> = {
  refused: 'start PostgreSQL, or correct VSMCP_DATABASE_URL',
  'unknown-host': 'no such host: correct VSMCP_DATABASE_URL',
  login: 'correct user and password in VSMCP_DATABASE_URL',
  'no-database': 'make the database (createdb), or correct the end of VSMCP_DATABASE_URL',
  unreachable: 'it is not reached: correct host and port of VSMCP_DATABASE_URL, or open the way',
  other: 'correct VSMCP_DATABASE_URL (postgres://user:password@host:5432/name)',
};

export const mendOfConnection = (error: unknown): string => mendIn(BROKER, error);
export const mendOfDatabase = (error: unknown): string => mendIn(DATABASE, error);

function mendIn(mends: Record<string, string> & { other: string }, error: unknown): string {
  const trouble = error instanceof VsmError ? error.trouble : undefined;
  return (trouble !== undefined && Object.hasOwn(mends, trouble) ? mends[trouble] : undefined) ?? mends.other;
}
