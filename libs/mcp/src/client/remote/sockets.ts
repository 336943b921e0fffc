import { Agent, buildConnector } from 'undici';
import type { EgressPolicy } from '../../egress/dial.js';
import { dialErrorOf } from './failures.js';
import { KEEP_ALIVE } from './tcp.js';

/** Sockets to one server. */
const MOST = 128;

/**
 * Sockets to one server over HTTP, each checked when it is dialled, whether for a first request, a redirect or anew.
 */
export function openSockets(egress: EgressPolicy): Agent {
  const connect = buildConnector({ lookup: egress.lookup, keepAliveInitialDelay: KEEP_ALIVE });
  return new Agent({
    connections: MOST,
    // deadlines are the callers'; a stream of messages may be silent for hours
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: (options, callback) => {
      try {
        egress.check(options.hostname);
      } catch (error) {
        return callback(dialErrorOf(error), null);
      }
      connect(options, (...[error, socket]) => {
        if (error) callback(dialErrorOf(error), null);
        else callback(null, socket);
      });
    },
  });
}
