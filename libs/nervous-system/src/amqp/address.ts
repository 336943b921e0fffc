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

/** Grounds on which a broker lets nobody in. */
export type BrokerTrouble = 'refused' | 'unknown-host' | 'login' | 'vhost' | 'unreachable' | 'tls' | 'other';

const BY_CODE: Record<string, BrokerTrouble> = {
  ECONNREFUSED: 'refused',
  ENOTFOUND: 'unknown-host',
  EAI_AGAIN: 'unknown-host',
  ETIMEDOUT: 'unreachable',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
};

/**
 * Classifies what a connection attempt ended with. Node.js gives codes; amqplib 2.3 gives texts alone of what the
 * broker said: these are read here and nowhere else. Of a virtual host that it cannot have it tells neither: the broker
 * ends the connection in the middle of the handshake.
 */
export function brokerTrouble(error: unknown): BrokerTrouble {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
  const known = BY_CODE[code];
  if (known !== undefined) return known;
  if (/^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/.test(code) || code === 'EPROTO') return 'tls';
  const reason = reasonOf(error);
  if (/ConnectionOpenOk.*ConnectionClose/.test(reason)) return 'vhost';
  if (/\b403\b.*ACCESS.REFUSED|ACCESS.REFUSED.*\b403\b|ACCESS_REFUSED/.test(reason)) return 'login';
  return /timeout/i.test(reason) ? 'unreachable' : 'other';
}

/** The reason for people. */
export function refusalOf(error: unknown, vhost: string): string {
  return brokerTrouble(error) === 'vhost'
    ? `it has no virtual host ${vhost}, or this user may not use it`
    : reasonOf(error);
}
