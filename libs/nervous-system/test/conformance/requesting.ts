import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DONE } from '@vsmcp/nervous-system';
import { bytes, durable, gate, own, textOf, until, type World } from '../world.js';
import { setUp } from './setup.js';

export function requesting(open: () => Promise<World>): void {
  const join = setUp(open);
  const question = (key: string, text = '') => ({ key, content: bytes(text), contentType: 'text/plain' });

  test('each question gets its own answer, in any order', async () => {
    const s1 = await join('s1');
    const gateway = await join('gateway');
    await s1.subscribe(durable('s1.query', 50), async (delivery) => {
      await new Promise((resolve) => setTimeout(resolve, Number(textOf(delivery)) % 7));
      await s1.respond(delivery, {
        content: bytes(`re ${textOf(delivery)}`),
        contentType: 'text/x',
        headers: { ok: true },
      });
      return DONE;
    });
    const numbers = Array.from({ length: 60 }, (_, i) => String(i));
    const answers = await Promise.all(numbers.map((n) => gateway.request(question('s1.any.waiting', n), 20_000)));
    assert.deepEqual(
      answers.map(textOf),
      numbers.map((n) => `re ${n}`),
    );
    assert.equal(answers[0]?.contentType, 'text/x');
    assert.equal(answers[0].headers.ok, true);
    assert.equal(answers[0].channel, 'reply');
  });

  test('one instance can be asked by name', async () => {
    const s1 = await join('s1', 's1-here');
    const s5 = await join('s5');
    await s1.subscribe(own('query', ['s1.s1-here.*']), async (delivery) => {
      await s1.respond(delivery, { content: bytes(delivery.key), contentType: 'text/plain' });
      return DONE;
    });
    assert.equal(textOf(await s5.request(question('s1.s1-here.held'), 20_000)), 's1.s1-here.held');
  });

  test('nobody listens: it says so at once', async () => {
    const gateway = await join('gateway');
    const start = performance.now();
    await assert.rejects(gateway.request(question('s1.s1-gone.held'), 30_000), { code: 'VSM_NOT_FOUND' });
    assert.ok(performance.now() - start < 20_000);
  });

  test('no answer in time, and an answer too late, which troubles nobody', async () => {
    const s1 = await join('s1');
    const gateway = await join('gateway');
    const late = gate();
    let answered = false;
    await s1.subscribe(durable('s1.query'), async (delivery) => {
      if (textOf(delivery) === 'slow') await late.opened;
      await s1.respond(delivery, { content: bytes('here'), contentType: 'text/plain' });
      answered = true;
      return DONE;
    });
    await until(() => gateway.health().ok);
    await assert.rejects(gateway.request(question('s1.any.waiting', 'slow'), 300), {
      code: 'VSM_TIMEOUT',
      message: /s1\.any\.waiting in 300 ms/,
    });
    late.open();
    await until(() => answered);
    assert.equal(textOf(await gateway.request(question('s1.any.waiting', 'quick'), 20_000)), 'here');
  });

  test('only who may ask can ask, and only a question can be answered', async () => {
    const s1 = await join('s1');
    await assert.rejects(s1.request(question('s5.any.permit'), 1000), { code: 'VSM_CHANNEL' });
    const noQuestion = {
      channel: 'query' as const,
      key: 's1.any.waiting',
      content: bytes(''),
      contentType: '',
      headers: {},
      redelivered: false,
      attempts: 0,
    };
    await assert.rejects(s1.respond(noQuestion, { content: bytes(''), contentType: '' }), { code: 'VSM_EVENT' });
  });
}
