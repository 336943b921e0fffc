import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkConfig } from '@vsmcp/service';
import { hostileGround } from '../../src/doctor/hostile.js';

test('senses, answers and files of the fleet inside what a server may write are said', () => {
  const text = `
environment:
  senses: [{ folder: desk/inbox }, { folder: other }, { git: repo/below }]
  answers: [{ folder: desk/answers }]
servers:
  writer: { npm: writer@1.0.0, writes: [desk, repo] }
  all: { npm: all@1.0.0, writes: [/srv] }
  reader: { npm: reader@1.0.0, reads: [.] }
`;
  const checked = checkConfig(text, {});
  assert.ok(checked.ok, JSON.stringify(checked));
  const said = hostileGround(checked.config, {
    home: '/srv/fleet',
    dataDir: '/var/data',
    file: '/srv/fleet/vsmcp.yaml',
  });
  const by = (server: string) =>
    said.filter((each) => each.endsWith(`which server ${server} may write`)).map((each) => each.split(' lies in')[0]);
  const [inbox, repo, answers] = [
    'the sense of desk/inbox',
    'the sense of the repository repo/below',
    'the answers folder desk/answers',
  ];
  assert.deepEqual(by('writer'), [inbox, repo, answers]);
  assert.deepEqual(by('all'), [inbox, 'the sense of other', repo, answers, "the fleet's configuration"]);
  assert.deepEqual(by('reader'), []);
});
