import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { after, before, beforeEach, test } from 'node:test';
import {
  type Delivery,
  DONE,
  HEADERS,
  isRefusal,
  NOT_SIGNED,
  openSigner,
  REFUSALS,
  type Refusal,
} from '@vsmcp/nervous-system';
import { DELIVERY_LIMIT, type Party } from '@vsmcp/vsm';
import { bytes, durable, message, own, textOf, until, type World } from '../world.js';
import { setUp } from './setup.js';

const COOKIE = 'a secret of the fleet, not too short';
const signer = openSigner([COOKIE]);
const other = openSigner(['another secret that nobody knows']);

export function signing(open: () => Promise<World>): void {
  let path = '';
  const join = setUp(async () => {
    const world = await open();
    path = world.path;
    return world;
  });
  const member = (party: Party, instance?: string) => join(party, instance, signer);
  let refusals: Refusal[] = [];
  const refused = (said: unknown) => void (isRefusal(said) && refusals.push(said));
  before(() => subscribe(REFUSALS, refused));
  beforeEach(() => {
    refusals = [];
  });
  after(() => void unsubscribe(REFUSALS, refused));

  async function theDead(): Promise<Delivery[]> {
    const dead: Delivery[] = [];
    await (await member('s1')).subscribe(durable('s1.dead'), async (delivery) => {
      dead.push(delivery);
      return DONE;
    });
    return dead;
  }

  test('what a member says arrives as it was sent; the signature is not the handler’s affair', async () => {
    const s3 = await member('s3', 's3-one');
    const s1 = await member('s1');
    const got: Delivery[] = [];
    await s1.subscribe(durable('s1.command'), async (delivery) => {
      got.push(delivery);
      return DONE;
    });
    await s3.publish({ ...message('command', 's1.any.try', 'x'), id: 'c', headers: { traceparent: 't' } });
    await until(() => got.length === 1);
    assert.deepEqual(got[0]?.headers, { traceparent: 't' });
    assert.deepEqual(refusals, []);
  });

  test('what is unsigned, or signed with another secret, reaches no handler: it is among the dead, with the reason', async () => {
    const s1 = await member('s1', 's1-one');
    const dead = await theDead();
    const handled: string[] = [];
    for (const subscription of [durable('s1.command'), own('command', ['s1.all.*'])]) {
      await s1.subscribe(subscription, async (delivery) => {
        handled.push(textOf(delivery));
        return DONE;
      });
    }
    for (const forger of [await join('s3'), await join('s3', undefined, other)]) {
      for (const key of ['s1.any.operate', 's1.all.grants']) {
        await forger.publish({ ...message('command', key, 'forged'), id: key });
      }
    }
    await (await member('s3')).publish(message('command', 's1.any.operate', 'genuine'));
    await until(() => dead.length === 4 && handled.length === 1);
    assert.deepEqual(handled, ['genuine']);
    for (const { channel, headers } of dead) {
      assert.equal(channel, 'dead');
      assert.equal(headers[HEADERS.reason], NOT_SIGNED);
      assert.equal(headers[HEADERS.channel], 'command');
    }
    assert.deepEqual(dead.map(({ id }) => id).sort(), [
      's1.all.grants',
      's1.all.grants',
      's1.any.operate',
      's1.any.operate',
    ]);
    assert.deepEqual(refusals.map(({ signature }) => signature).sort(), ['none', 'none', 'wrong', 'wrong']);
    const [refusal] = refusals;
    assert.equal(refusal?.instance, 's1-one');
    assert.equal(refusal.channel, 'command');
    assert.equal(refusal.bytes, 6);
    assert.match(refusal.sha256, /^[0-9a-f]{64}$/);
    assert.equal(s1.stats().dead, 4);
  });

  test('a question that is unsigned gets no answer, and an answer that is unsigned is none', async () => {
    const s5 = await member('s5', 's5-one');
    const answer = { content: bytes('yes'), contentType: 'text/plain' };
    let asked: Delivery | undefined;
    let handled = 0;
    await s5.subscribe(durable('s5.query'), async (delivery) => {
      asked = delivery;
      handled++;
      const { replyTo = '', correlationId = '' } = delivery;
      const forger = await join('s4');
      const forged = { ...message('reply', replyTo, 'no'), correlationId };
      await forger.publish(forged);
      await until(() => refusals.some(({ channel }) => channel === 'reply'));
      await s5.respond(delivery, answer);
      return DONE;
    });
    const question = { key: 's5.any.permit', content: bytes('?'), contentType: 'text/plain' };
    const outsider = await join('gateway');
    await until(() => outsider.health().ok);
    await assert.rejects(outsider.request(question, 500), { code: 'VSM_TIMEOUT' });
    assert.equal(handled, 0);
    const gateway = await member('gateway');
    assert.equal(textOf(await gateway.request(question, 20_000)), 'yes');
    assert.equal(asked?.headers[HEADERS.signature], undefined);
  });

  test('the environment stays open; what is put off comes back signed by who put it off', async () => {
    const world = await join('world');
    const s1 = await member('s1');
    const seen: Delivery[] = [];
    await s1.subscribe(durable('s1.work'), async (delivery) => {
      seen.push(delivery);
      return seen.length === 3 ? DONE : { result: 'later', delay: '1s', counted: seen.length === 1 };
    });
    const headers = { kept: 'yes', [HEADERS.signature]: 'v1=made-up' };
    await world.publish({ ...message('environment', 'file.md', 'x'), id: 'i', headers });
    await until(() => seen.length === 3);
    assert.deepEqual(
      seen.map(({ attempts, key, headers }) => ({ attempts, key, headers })),
      [0, 1, 1].map((attempts) => ({ attempts, key: 'file.md', headers: { kept: 'yes' } })),
    );
    assert.deepEqual(refusals, []);
  });

  test('a command that is put off comes back, and dies with its own reason', async () => {
    const s3 = await member('s3');
    const s1 = await member('s1');
    const dead = await theDead();
    const attempts: number[] = [];
    await s1.subscribe(durable('s1.command'), async (delivery) => {
      attempts.push(delivery.attempts);
      if (delivery.attempts === 0) return { result: 'later', delay: '1s', counted: true };
      throw new Error('no');
    });
    await s3.publish({ ...message('command', 's1.any.try', 'x'), id: 'c' });
    await until(() => dead.length === 1);
    assert.deepEqual(attempts, [0, ...Array.from({ length: DELIVERY_LIMIT }, () => 1)]);
    assert.equal(dead[0]?.headers[HEADERS.reason], `delivered ${DELIVERY_LIMIT} times, at last: no`);
    assert.equal(dead[0].headers[HEADERS.channel], 'command');
    assert.deepEqual(refusals, []);
  });

  test('poison in a queue that does not count by itself goes round signed, and dies', async () => {
    const s1 = await member('s1');
    const s2 = await member('s2');
    const dead = await theDead();
    let tries = 0;
    await s2.subscribe(durable('s2.coordination'), async () => {
      tries++;
      throw new Error('no');
    });
    await s1.publish(message('coordination', 'claim.u'));
    await until(() => dead.length === 1);
    assert.equal(tries, DELIVERY_LIMIT);
    assert.match(String(dead[0]?.headers[HEADERS.reason]), /^delivered 20 times/);
    assert.deepEqual(refusals, []);
  });

  test('a command that nobody takes is told apart from one that no member said', async () => {
    const dead = await theDead();
    await (await member('s3')).publish({ ...message('command', 's1.nobody.try'), id: 'genuine' });
    await (await join('s3')).publish({ ...message('command', 's1.nobody.try'), id: 'forged' });
    await until(() => dead.length === 2);
    const reasons = Object.fromEntries(dead.map(({ id, headers }) => [id, headers[HEADERS.reason]]));
    assert.deepEqual(reasons, { genuine: 'nobody listens to s1.nobody.try', forged: NOT_SIGNED });
  });

  test('what no member buried says so, whatever else it says', async () => {
    const dead = await theDead();
    const forger = await join('s1');
    const taking = await forger.subscribe(durable('s1.command'), async () => ({
      result: 'dead',
      reason: 'all well',
    }));
    await (await member('s3')).publish(message('command', 's1.any.try'));
    await until(() => dead.length === 1);
    assert.equal(dead[0]?.headers[HEADERS.reason], NOT_SIGNED);
    assert.equal(refusals[0]?.channel, 'dead');
    await taking.stop();
  });

  test('outcomes are signed, so that who knows the secret can check', async () => {
    const world = await join('world');
    const got: Delivery[] = [];
    await world.subscribe(own('outcome', ['#']), async (delivery) => {
      got.push(delivery);
      return DONE;
    });
    const s1 = await member('s1');
    await s1.publish(message('outcome', 'answered.file.md', 'x'));
    await until(() => got.length === 1);
    const [outcome] = got as [Delivery];
    assert.ok(signer.verify(path, 'outcome', outcome));
    assert.ok(!signer.verify(path, 'outcome', { ...outcome, content: bytes('y') }));
    assert.ok(!other.verify(path, 'outcome', outcome));
  });

  test('a change of the secret, member by member: all understand each other all the time', async () => {
    const NEW = 'the new secret of the fleet, as long';
    const steps = [[COOKIE], [COOKIE, NEW], [NEW, COOKIE], [NEW]].map((secrets) => openSigner(secrets));
    const heard: string[] = [];
    const said: string[] = [];
    for (const [step, before] of steps.entries()) {
      for (const now of steps.slice(step, step + 2)) {
        const gateway = await join('gateway', undefined, before);
        const s5 = await join('s5', undefined, now);
        const consumer = await s5.subscribe(durable('s5.query'), async (delivery) => {
          heard.push(textOf(delivery));
          await s5.respond(delivery, { content: bytes('yes'), contentType: 'text/plain' });
          return DONE;
        });
        said.push(`${steps.indexOf(before)} asks ${steps.indexOf(now)}`);
        const question = { key: 's5.any.permit', content: bytes(said.at(-1) ?? ''), contentType: 'text/plain' };
        await gateway.request(question, 20_000);
        await consumer.stop();
      }
    }
    assert.deepEqual(heard, said);
    assert.equal(heard.length, 7);
    assert.deepEqual(refusals, []);
  });
}
