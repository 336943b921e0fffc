import assert from 'node:assert/strict';
import { request } from 'node:http';
import type { Service } from '@vsmcp/service';
import { type Server, serve } from '../src/index.js';

export interface Reply {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  // biome-ignore lint/suspicious/noExplicitAny: a test says what it expects by asserting on it
  body: any;
}

/** A gateway on a free port, and a plain HTTP client for it that sends exactly the headers it is told. */
export function gatewayForTests(): { service: Service; url(): string; call: typeof call } {
  let server: Server | undefined;
  const url = (): string => {
    assert.ok(server, 'the gateway has started');
    return server.url;
  };
  const service: Service = {
    system: 'gateway',
    async start(context) {
      const started = await serve(context, { host: '127.0.0.1', port: 0, names: ['desk.example'] });
      server = started;
      return () => started.close();
    },
  };
  function call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Reply> {
    const content = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
    const type: Record<string, string> = content === undefined ? {} : { 'content-type': 'application/json' };
    return new Promise((resolve, reject) => {
      const sent = request(`${url()}${path}`, { method, headers: { ...type, ...headers } }, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () => {
          const json = response.headers['content-type']?.includes('json');
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: json ? JSON.parse(text) : text,
          });
        });
      });
      sent.on('error', reject);
      sent.end(content);
    });
  }
  return { service, url, call };
}
