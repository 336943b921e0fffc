import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ownGroup } from '../../src/sandbox/groups.js';

const V1 = '33 24 0:28 / /sys/fs/cgroup/pids rw,relatime shared:9 - cgroup cgroup rw,pids\n';
const MEMORY = '32 24 0:27 / /sys/fs/cgroup/memory rw shared:8 - cgroup cgroup rw,memory\n';
const V2 = '30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n';

test('the group that can limit processes is found in either version of the hierarchy', () => {
  assert.equal(ownGroup('8:pids:/a/b\n4:memory:/c\n0::/d\n', MEMORY + V1 + V2), '/sys/fs/cgroup/pids/a/b');
  assert.equal(ownGroup('0::/user.slice/x.scope\n', V2), '/sys/fs/cgroup/user.slice/x.scope');
  // a container that sees only its own part of the hierarchy
  const own = V1.replace('0:28 / ', '0:28 /docker/1 ');
  assert.equal(ownGroup('8:pids:/docker/1/x\n', own), '/sys/fs/cgroup/pids/x');
  assert.equal(ownGroup('4:memory:/c\n', MEMORY), undefined);
});
