import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { describe, it } from 'node:test';
import { openOutside } from '../support/outside.js';
import { brokerUrl, hasBroker } from '../support/rabbitmq.js';
import { until } from '../support/until.js';
import { run, startUp } from '../support/up.js';

const PYTHON = '/usr/bin/python3';
const PATH = `publishers-${process.pid}`;
const CONFIG = `
name: publishers
path: ${PATH}
units: { orders: { responses: { order.#: noted } } }
`;

/** The program that the README gives a Python programmer. */
const PIKA = `
import pika, json, sys
c = pika.BlockingConnection(pika.URLParameters(sys.argv[1]))
ch = c.channel()
ch.confirm_delivery()
exchange = sys.argv[2] + '.environment'
ch.basic_publish(exchange, 'order.pika', json.dumps({'n': 1}), pika.BasicProperties(message_id='pika-plain', content_type='application/json', app_id='python'))
ch.basic_publish(exchange, 'order.structured', json.dumps({'specversion': '1.0', 'id': 'pika-structured', 'source': '/python', 'type': 'order.structured', 'data': {'n': 2}}), pika.BasicProperties(content_type='application/cloudevents+json'))
ch.basic_publish(exchange, 'order.binary', json.dumps({'n': 3}), pika.BasicProperties(content_type='application/json', headers={'cloudEvents:specversion': '1.0', 'cloudEvents:id': 'pika-binary', 'cloudEvents:source': '/python', 'cloudEvents:type': 'order.binary'}))
batch = [{'specversion': '1.0', 'id': 'pika-batch-%d' % i, 'source': '/python', 'type': 'order.batch', 'data': {'n': i}} for i in range(3)]
batch.append({'specversion': '1.0', 'id': 'pika-batch-bad', 'source': '/python', 'type': 'NOT A TYPE'})
ch.basic_publish(exchange, 'order.batch', json.dumps(batch), pika.BasicProperties(content_type='application/cloudevents-batch+json'))
c.close()
`;

describe('any AMQP publisher is a valid one', async () => {
  const broker = await hasBroker();
  const trouble =
    (!broker && 'no RabbitMQ on this machine') ||
    (!existsSync('/usr/bin/amqp-publish') && 'no amqp-publish: apt-get install amqp-tools') ||
    (!existsSync(PYTHON) && 'no python3: apt-get install python3-pika');

  it('amqp-publish and pika: plain, structured, binary, batch', { skip: trouble, timeout: 180_000 }, async (t) => {
    const url = await brokerUrl();
    const up = await startUp(t, { config: CONFIG, broker: url });
    const outside = await openOutside(t, url, PATH);

    const plain = await run(
      'amqp-publish',
      ['-u', url, '-e', `${PATH}.environment`, '-r', 'order.tools', '-C', 'application/json', '-b', '{"n":0}'],
      up.home,
    );
    assert.equal(plain.code, 0, plain.stderr);
    const python = await run(PYTHON, ['-c', PIKA, url, PATH], up.home);
    assert.equal(python.code, 0, python.stderr);

    const noted = () => [...outside.outcomes.values()].flat().filter(({ outcome }) => outcome === 'noted');
    await until(() => noted().length === 7, { timeout: 30_000, what: 'seven events are noted' }).catch((error: Error) =>
      assert.fail(`${error.message}: ${JSON.stringify([...outside.outcomes])}`),
    );
    const sources = Object.fromEntries(noted().map(({ event }) => [event.type, event.source]));
    assert.deepEqual(sources, {
      'order.tools': 'amqp',
      'order.pika': 'python',
      'order.structured': '/python',
      'order.binary': '/python',
      'order.batch': '/python',
    });
    const held = await until(
      async () => {
        const { held } = await up.get<{ held: { because: string; reason: string }[] }>('/held?reason=dead');
        return held.length === 1 && held;
      },
      { timeout: 30_000, what: 'the one bad event of the batch is held' },
    );
    assert.match(held[0]?.because ?? '', /type/);
    await outside.close();
    assert.equal(await up.stop(), 0);
  });
});
