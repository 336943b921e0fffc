import { reasonOf, VsmError } from '@vsmcp/vsm';
import type { Options } from 'amqplib';

/** 4.x brokers refuse clients that leave it open. Bytes. */
const FRAME_MAX = 131_072;

/**
 * Address of the broker, out of a URL. Throws VSM_CONFIG for one that is none.
 * @param heartbeat milliseconds; under 5 s busy services would be taken for dead
 */
export function addressOf(url: string, heartbeat: number): { options: Options.Connect; shown: string } {
  if (heartbeat < 5000) {
    throw new VsmError('VSM_CONFIG', `amqp_heartbeat is ${heartbeat} ms; set it to 5s or more`);
  }
  if (!URL.canParse(url))
    throw new VsmError('VSM_CONFIG', `the broker's URL must read amqp://user:password@host:5672/`);
  const { protocol, hostname, port, username, password, pathname } = new URL(url);
  if (protocol !== 'amqp:' && protocol !== 'amqps:') {
    throw new VsmError('VSM_CONFIG', `the broker's URL begins with ${protocol}; it must begin with amqp: or amqps:`);
  }
  const options: Options.Connect = {
    protocol: protocol.slice(0, -1),
    hostname: hostname.replace(/^\[|\]$/g, ''),
    vhost: decodeURIComponent(pathname.slice(1)) || '/',
    heartbeat: Math.round(heartbeat / 1000),
    frameMax: FRAME_MAX,
    ...(port && { port: Number(port) }),
    ...(username && { username: decodeURIComponent(username), password: decodeURIComponent(password) }),
  };
  return { options, shown: `${protocol}//${hostname}${port && `:${port}`}${pathname}` };
}

/**
 * amqplib does not pass on why a broker ends the connection in the middle of the handshake: there it is the virtual
 * host.
 */
export function refusalOf(error: unknown, vhost: string): string {
  const reason = reasonOf(error);
  return /ConnectionOpenOk.*ConnectionClose/.test(reason)
    ? `it has no virtual host ${vhost}, or this user may not use it`
    : reason;
}
