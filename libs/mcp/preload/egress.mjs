// Runs inside a confined server, before its own code (`node --import`): lets `fetch`, node:http and node:https reach
// hosts through the fleet's proxy, since there is no network. What goes past it (sockets of its own) reaches nothing.
import http from 'node:http';
import https from 'node:https';
import { createRequire } from 'node:module';
import tls from 'node:tls';

const given = new URL(import.meta.url).searchParams;
const socketPath = given.get('socket');
const { Agent, buildConnector, setGlobalDispatcher } = createRequire(import.meta.url)(given.get('undici'));
const { request } = http;

/** @param {(error: Error | null, socket?: import('node:net').Socket) => void} done */
function tunnel(host, port, done) {
  const place = `${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${port}`;
  const asked = request({ socketPath, method: 'CONNECT', path: place, headers: { host: place }, agent: false });
  asked.once('error', done);
  asked.once('connect', (answer, socket, head) => {
    if (answer.statusCode !== 200) {
      socket.destroy();
      const reason = decodeURIComponent(answer.headers['vsmcp-reason'] ?? `the proxy answered ${answer.statusCode}`);
      return done(Object.assign(new Error(reason), { code: 'EACCES', host, port }));
    }
    if (head.length > 0) socket.unshift(head);
    done(null, socket);
  });
  asked.end();
}

const over = buildConnector({});
setGlobalDispatcher(
  new Agent({
    connect(options, done) {
      const secure = options.protocol === 'https:';
      const name = options.hostname.replace(/^\[(.*)\]$/, '$1');
      tunnel(name, options.port || (secure ? 443 : 80), (error, httpSocket) => {
        if (error) done(error, null);
        else if (secure) over({ ...options, httpSocket }, done);
        else done(null, httpSocket);
      });
    },
  }),
);

// every agent, also those that a server makes for itself
const plain = http.Agent.prototype.createConnection;
http.Agent.prototype.createConnection = function createConnection(options, done) {
  if (options.socketPath) return plain.call(this, options, done);
  tunnel(options.host ?? 'localhost', options.port ?? 80, done);
};
const plainSecure = https.Agent.prototype.createConnection;
https.Agent.prototype.createConnection = function createConnection(options, done) {
  if (options.socketPath) return plainSecure.call(this, options, done);
  tunnel(options.host ?? 'localhost', options.port ?? 443, (error, socket) => {
    if (error) done(error);
    else done(null, tls.connect({ ...options, socket }));
  });
};
