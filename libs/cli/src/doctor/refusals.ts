/** What to do when a broker or database does not let us in, by what was said. */
const BROKER: readonly [RegExp, string][] = [
  [
    /ECONNREFUSED/,
    'start the broker (a RabbitMQ on this machine: systemctl start rabbitmq-server), or correct VSMCP_AMQP_URL',
  ],
  [/ENOTFOUND|EAI_AGAIN/, 'no such host: correct VSMCP_AMQP_URL'],
  [
    /ACCESS.REFUSED|\b403\b/,
    'wrong user or password: correct VSMCP_AMQP_URL, or rabbitmqctl change_password; guest may come from its own machine only',
  ],
  [
    /virtual host/,
    'make the virtual host (rabbitmqctl add_vhost, set_permissions), or correct the end of VSMCP_AMQP_URL',
  ],
  [
    /timeout|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH/i,
    'it is not reached: correct host and port of VSMCP_AMQP_URL, or open the way',
  ],
  [/certificate|SSL|TLS/i, 'correct the certificate, or use amqp:// where the port speaks no TLS'],
];
const DATABASE: readonly [RegExp, string][] = [
  [/ECONNREFUSED/, 'start PostgreSQL, or correct VSMCP_DATABASE_URL'],
  [/ENOTFOUND|EAI_AGAIN/, 'no such host: correct VSMCP_DATABASE_URL'],
  [/password authentication|no password|SASL|\brole\b.*not exist/i, 'correct user and password in VSMCP_DATABASE_URL'],
  [/database .* does not exist/i, 'make the database (createdb), or correct the end of VSMCP_DATABASE_URL'],
  [
    /timeout|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|terminated/i,
    'it is not reached: correct host and port of VSMCP_DATABASE_URL, or open the way',
  ],
];

export function mendOfConnection(said: string): string {
  return (
    mendIn(BROKER, said) ??
    'correct VSMCP_AMQP_URL (amqp://user:password@host:5672/vhost); is it a RabbitMQ that listens there?'
  );
}

export function mendOfDatabase(said: string): string {
  return mendIn(DATABASE, said) ?? 'correct VSMCP_DATABASE_URL (postgres://user:password@host:5432/name)';
}

function mendIn(mends: readonly [RegExp, string][], said: string): string | undefined {
  return mends.find(([pattern]) => pattern.test(said))?.[1];
}
