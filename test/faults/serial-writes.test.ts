import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { openOutside } from '../support/outside.js';
import { brokerUrl, hasBroker } from '../support/rabbitmq.js';
import { until } from '../support/until.js';
import { startUp } from '../support/up.js';

const NOTES = 200;
const PATH = `serial-${process.pid}`;
const MEMORY = '@modelcontextprotocol/server-memory@2026.8.31';
const CONFIG = `
name: serial
path: ${PATH}
servers:
  memory: { npm: "${MEMORY}", env: { MEMORY_FILE_PATH: desk/memory.jsonl }, writes: desk }
units:
  notes:
    responses:
      note.new:
        call: memory.create_entities
        with: { entities: [{ name: "=data.name", entityType: note, observations: [] }] }
`;

describe('a server that loses parallel writes', async () => {
  const skip = !(await hasBroker()) && 'no RabbitMQ on this machine';
  it(`${NOTES} notes at once, two replicas: ${NOTES} kept`, { skip, timeout: 240_000 }, async (t) => {
    const url = await brokerUrl();
    const up = await startUp(t, {
      config: CONFIG,
      broker: url,
      args: ['--replicas', 'system1-operations=2'],
      files: { 'desk/.keep': '' },
      installed: [MEMORY],
    });
    const outside = await openOutside(t, url, PATH);
    const ids = Array.from({ length: NOTES }, (_, i) => `note-${i}`);
    await Promise.all(ids.map((id) => outside.publish('note.new', id, { name: id })));
    const answered = () => ids.filter((id) => outside.outcomes.get(id)?.at(-1)?.outcome === 'answered');
    await until(() => answered().length === NOTES, { timeout: 120_000, what: 'all notes are answered' }).catch(
      (error: Error) =>
        assert.fail(`${error.message}: ${answered().length}; ${JSON.stringify([...outside.outcomes].slice(0, 3))}`),
    );
    const kept = (await readFile(join(up.home, 'desk/memory.jsonl'), 'utf8'))
      .split('\n')
      .filter(Boolean)
      .map((line) => (JSON.parse(line) as { name: string }).name);
    assert.deepEqual(kept.sort(), [...ids].sort());
    await outside.close();
    assert.equal(await up.stop(), 0);
  });
});
