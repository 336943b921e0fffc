import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { link, mkdir, open, rm, symlink, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { until } from '../support/until.js';
import { startUp } from '../support/up.js';

const CONFIG = `
name: edges
environment:
  senses: [{ folder: desk/inbox }]
servers: { none: { npm: "@fixture/none@1.0.0" } }
units: { desk: { absorbs: file.#, responses: { file.md: { call: none.tool, with: {} }, file.ok: noted } } }
settings: { drain: 5s }
`;
const FILES = 1000;

interface Ask {
  path: string;
  /** Makes it a POST. */
  body?: string | Buffer;
  headers?: Record<string, string>;
}

const JSON_TYPE = { 'content-type': 'application/json' };
const deep = `${'['.repeat(10_000)}${']'.repeat(10_000)}`;
const events = (body: string | Buffer, headers: Record<string, string> = {}): Ask => ({
  path: '/events',
  body,
  headers: { ...JSON_TYPE, ...headers },
});
const operation = (body: object): Ask => ({ path: '/operations', body: JSON.stringify(body), headers: JSON_TYPE });
const fine = '{"type":"file.ok"}';

const REQUESTS: [what: string, ask: Ask, status: number, says: RegExp][] = [
  ['10,000 deep', events(deep), 400, /nested deeper than 64/],
  ['10,000 deep in data', events(`{"type":"a.b","data":${deep}}`), 400, /nested deeper than 64/],
  ['no JSON', events('{"a'), 400, /not JSON/],
  ['no UTF-8', events(Buffer.from([0x22, 0xff, 0x22])), 400, /not valid UTF-8/],
  ['no body', events(''), 400, /not JSON/],
  ['no type', events('{}'), 400, /type: an event has a type/],
  ['a type that is none', events('{"type":"A B"}'), 400, /words out of a-z 0-9/],
  ['__proto__', events('{"type":"a.b","__proto__":{"a":1}}'), 400, /__proto__/],
  ['an id with NUL', events('{"type":"a.b","id":"\\u0000"}'), 400, /id: it contains NUL/],
  ['a batch of too many', events(`[${'0,'.repeat(10_000)}0]`), 400, /at most 10000/],
  ['too large', events(Buffer.alloc(1_100_000, 'a')), 413, /max_event_bytes/],
  ['another content type', events(fine, { 'content-type': 'text/plain' }), 415, /application\/json/],
  ['a number that is none', { path: '/held?limit=abc' }, 422, /limit/],
  ['a number out of bounds', { path: '/held?limit=1000000000' }, 422, /limit/],
  ['a number twice', { path: '/held?limit=1&limit=2' }, 422, /limit/],
  ['a reason that is none', { path: '/held?reason=bored' }, 422, /reason/],
  ['a way out', { path: '/held/..%2f..%2fetc/passwd' }, 404, /no held event has source \.\.\/\.\.\/etc and id passwd/],
  ['a way out of the files', { path: '/dashboard.js/../../package.json' }, 404, /nothing is at/],
  ['NUL in the path', { path: '/held/%00/%00' }, 404, /no held event/],
  ['a path that is none', { path: '/held/%ff/x' }, 400, /not a valid url/],
  ['a path too long', { path: `/held/${'a'.repeat(3000)}/x` }, 414, /VSM_USAGE/],
  ['a tool that is none', operation({ tool: 'nope' }), 422, /server\.tool/],
  ['a server that is none', operation({ tool: 'no.where' }), 409, /there is no server no/],
  ['a wait without end', operation({ tool: 'none.tool', wait: 1e12 }), 422, /wait/],
  [
    'a host that somebody pointed here',
    { path: '/status', headers: { host: 'evil.example' } },
    403,
    /not known as evil/,
  ],
  ['a page of somebody else', events(fine, { origin: 'http://evil.example' }), 403, /may not change anything/],
  ['a page of nobody', events(fine, { origin: 'null' }), 403, /may not change anything/],
  ['a form of another site', events(fine, { 'sec-fetch-site': 'cross-site' }), 403, /may not change anything/],
];

describe('bad input over HTTP and in the folder', () => {
  it('is refused or passed over, and the fleet goes on', { timeout: 240_000 }, async (t) => {
    // Nobody serves packages there: what the folder brings in as *.md waits.
    const env = { 'npm_config_@fixture:registry': 'http://127.0.0.1:9/' };
    const up = await startUp(t, { config: CONFIG, env, files: { 'desk/inbox/.keep': '' } });
    const inbox = join(up.home, 'desk/inbox');
    const noted = async () => (await up.get<{ outcomes: { noted?: number } }>('/account')).outcomes.noted ?? 0;
    const stillWell = async () => {
      const before = await noted();
      await up.post('/events', { type: 'file.ok' });
      await until(async () => (await noted()) > before, { timeout: 20_000, what: 'a good event is noted' });
      assert.doesNotMatch(up.output(), /ended:|starting it again/);
    };
    await stillWell();

    await t.test('HTTP: each wrong request is told what is wrong with it', async () => {
      for (const [what, ask, status, says] of REQUESTS) {
        const reply = await call(up.url, ask);
        assert.equal(reply.status, status, `${what}: ${reply.text}`);
        assert.match(reply.text, says, what);
        const body: { code?: string; message?: string } = JSON.parse(reply.text);
        assert.match(body.code ?? '', /^VSM_[A-Z_]+$/, what);
        assert.ok(body.message, what);
        assert.doesNotMatch(reply.text, /node_modules|\.js:\d+|root:/, `${what}: no insides`);
      }
      await stillWell();
    });

    await t.test('HTTP: readers of the stream are bounded, and make room when they go', async () => {
      const readers = Array.from({ length: 110 }, () => new AbortController());
      const replies = await Promise.all(readers.map(({ signal }) => fetch(`${up.url}/stream`, { signal })));
      assert.ok(replies.filter(({ status }) => status === 503).length >= 10);
      assert.ok(replies.filter(({ status }) => status === 200).length >= 90);
      await stillWell();
      for (const reader of readers) reader.abort();
      const again = await until(
        async () => {
          const reply = await fetch(`${up.url}/stream`);
          await reply.body?.cancel();
          return reply.status === 200;
        },
        { what: 'there is room again' },
      );
      assert.ok(again);
    });

    await t.test('folder: odd names come in, links, pipes and folders do not', async () => {
      await symlink('/etc/shadow', join(inbox, 'shadow.md'));
      await symlink('/etc', join(inbox, 'etc.md'));
      await mkdir(join(inbox, 'folder.md'));
      execFileSync('mkfifo', [join(inbox, 'pipe.md')]);
      const odd = ['new\nline.md', '😀 ünï\u202E.md', `${'a'.repeat(252)}.md`, '-rf.md', 'a..\\..\\b.md', '$(id).md'];
      for (const name of [...odd, 'nul.md', 'large.md']) await writeFile(join(inbox, name), 'a\0b');
      const large = await open(join(inbox, 'large.md'), 'w');
      await large.truncate(100 * 2 ** 20);
      await large.close();
      await writeFile(join(up.home, 'elsewhere'), 'linked');
      await link(join(up.home, 'elsewhere'), join(inbox, 'hard.md'));
      await writeFile(join(inbox, `x.${'e'.repeat(200)}`), '');
      const names = [...odd, 'nul.md', 'large.md', `x.${'e'.repeat(200)}`].sort();
      const seen = await until(
        async () => {
          const { held } = await up.get<{ held: Parked[] }>('/held?reason=parked&limit=1000');
          return held.length === names.length && held;
        },
        { timeout: 30_000, what: 'the odd files wait' },
      );
      assert.deepEqual(seen.map(({ event }) => event.data.name).sort(), names);
      assert.equal(seen.find(({ event }) => event.data.name === 'large.md')?.event.data.bytes, 100 * 2 ** 20);
      assert.doesNotMatch(JSON.stringify(seen), /root:/);
      await stillWell();
    });

    await t.test(`folder: ${FILES} files at once, some of which vanish`, async () => {
      const before = await noted();
      await Promise.all(Array.from({ length: FILES }, (_, n) => writeFile(join(inbox, `many-${n}.ok`), `${n}`)));
      await Promise.all(
        Array.from({ length: 300 }, async (_, n) => {
          await writeFile(join(inbox, `gone-${n}.ok`), '');
          await rm(join(inbox, `gone-${n}.ok`));
        }),
      );
      await until(async () => (await noted()) >= before + FILES, { timeout: 60_000, what: 'all are noted' });
      await stillWell();
    });

    assert.equal(await up.stop(), 0);
  });
});

interface Parked {
  event: { data: { name: string; bytes?: number } };
}

/** Sends the path as it is written, which `fetch` would tidy. */
function call(url: string, { path, body, headers = {} }: Ask): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const method = body === undefined ? 'GET' : 'POST';
    const sent = request(url, { path, method, headers }, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += String(chunk);
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
