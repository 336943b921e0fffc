#!/usr/bin/env node
/**
 * `npm run secrets [-- folder]`: makes, once, what docker-compose.yml needs: passwords in files below secrets/, and
 * .env, which says that they are there and as whom the containers run. What is there already is left as it is.
 */
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = process.argv[2] ?? fileURLToPath(new URL('..', import.meta.url));
const SECRETS = join(ROOT, 'secrets');
const DOTENV = join(ROOT, '.env');
/** Each has a broker user of its own; `world` is for who publishes from outside. */
const PARTIES = ['s1', 's2', 's3', 's4', 's5', 'consciousness', 'gateway', 'world'];
/** The user that the images are made for. */
const NODE_USER = 1000;

const password = () => randomBytes(24).toString('base64url');

// The folder keeps others out; the files are read by users of the containers, whoever those are on this machine.
mkdirSync(SECRETS, { recursive: true });
chmodSync(SECRETS, 0o700);
const made = [...broker(), ...database(), ...fleet()].filter(([name, text]) => make(name, text));
say(
  made.length === 0
    ? `${relative(process.cwd(), SECRETS) || '.'}: all there`
    : `made ${made.map(([name]) => name).join(', ')} in secrets/`,
);

const { uid, gid } = containerUser();
const before = existsSync(DOTENV) ? readFileSync(DOTENV, 'utf8') : '';
const lines = [
  ['VSMCP_SECRETS', './secrets'],
  ['VSMCP_USER', `${uid}:${gid}`],
].filter(([name]) => !new RegExp(`^${name}=`, 'm').test(before));
if (lines.length > 0) {
  const start = before === '' || before.endsWith('\n') ? before : `${before}\n`;
  writeFileSync(DOTENV, start + lines.map(([name, value]) => `${name}=${value}\n`).join(''));
  say(`.env: ${lines.map(([name, value]) => `${name}=${value}`).join(', ')}`);
}
say('now: docker compose up');

/** The administrator's name and password for RabbitMQ and for `vsmcp topology`, and a URL for each service. */
function broker() {
  const admin = password();
  return [
    ['rabbitmq.conf', `default_user = admin\ndefault_pass = ${admin}\n`],
    ['management-url', `http://admin:${existing('rabbitmq.conf', /default_pass = (\S+)/) ?? admin}@rabbitmq:15672\n`],
    ...PARTIES.map((party) => [`amqp-${party}`, `amqp://vsmcp-${party}:${password()}@rabbitmq:5672\n`]),
  ];
}

function database() {
  const owner = existing('postgres-password', /(\S+)/) ?? password();
  return [
    ['postgres-password', `${owner}\n`],
    ['database-url', `postgres://vsmcp:${owner}@postgres:5432/vsmcp\n`],
  ];
}

/** The secret that members sign with: see docs/cookie.md. */
function fleet() {
  return [['cookie', `${randomBytes(32).toString('base64url')}\n`]];
}

function existing(name, pattern) {
  const file = join(SECRETS, name);
  return existsSync(file) ? pattern.exec(readFileSync(file, 'utf8'))?.[1] : undefined;
}

function make(name, text) {
  const file = join(SECRETS, name);
  if (existsSync(file)) return false;
  writeFileSync(file, text, { mode: 0o600 });
  chmodSync(file, 0o444);
  return true;
}

/** Whoever runs this, so that the desk is theirs; never root: root's desk is given to the user of the images. */
function containerUser() {
  if (process.platform === 'win32' || process.getuid() !== 0) {
    return { uid: process.getuid?.() ?? NODE_USER, gid: process.getgid?.() ?? NODE_USER };
  }
  const { uid, gid } = statSync(ROOT);
  const user = uid === 0 ? { uid: NODE_USER, gid: NODE_USER } : { uid, gid };
  const desk = join(ROOT, 'desk');
  for (const path of [desk, ...readdirSync(desk, { recursive: true }).map((name) => join(desk, String(name)))]) {
    chownSync(path, user.uid, user.gid);
  }
  say(`desk/ now belongs to ${user.uid}:${user.gid}, as whom the containers run`);
  return user;
}

function say(line) {
  process.stderr.write(`vsmcp: ${line}\n`);
}
