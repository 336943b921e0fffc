import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../folder.js';
import { vsmcp } from '../vsmcp.js';

const DAY = `
lasts: 1m
fleet:
  units:
    a: { responses: { a.done: { call: press.print, with: { n: =data.n }, claims: press } } }
servers:
  press: { tools: { print: { needs: { n: number } } } }
world:
  - { every: 5s, publish: a.done, data: { n: 1 } }
`;

test('a day is run whole and without a system, and written down', async (t) => {
  const folder = await temporaryFolder(t);
  const file = join(folder, 'day.yaml');
  await writeFile(file, DAY);
  const { code, out, err } = await vsmcp([
    'lab',
    'run',
    file,
    '--without',
    's2',
    '--csv',
    join(folder, 'out'),
    '--json',
  ]);
  assert.equal(code, 0, err);
  const { runs } = JSON.parse(out);
  assert.deepEqual(
    runs.map(({ label, figures }: { label: string; figures: { published: number; answered: number } }) => [
      label,
      figures.published,
      figures.answered,
    ]),
    [
      ['the whole', 13, 12 / 13], // the last one comes as the day ends
      ['without s2', 13, 0],
    ],
  );
  const written = (await readdir(join(folder, 'out'))).sort();
  assert.deepEqual(written, [
    'day-the-whole.journal.csv',
    'day-the-whole.minutes.csv',
    'day-without-s2.journal.csv',
    'day-without-s2.minutes.csv',
    'day.svg',
  ]);
  const minutes = await readFile(join(folder, 'out', 'day-the-whole.minutes.csv'), 'utf8');
  assert.match(minutes, /^minute,published,.*\r\n1,13,12,/);
});

test('a day that is none is refused with what is wrong in it, and a wrong option with what it may be', async (t) => {
  const file = join(await temporaryFolder(t), 'day.yaml');
  await writeFile(file, 'lasts: soon');
  const day = await vsmcp(['lab', 'run', file]);
  assert.equal(day.code, 1);
  assert.match(day.err, /day\.yaml is not a day for the lab[\s\S]*duration/);
  const option = await vsmcp(['lab', 'run', file, '--without', 's1']);
  assert.equal(option.code, 64);
  assert.match(option.err, /s2, s3, s4, s5/);
});
