import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expose, Family, labelled, merge, OPENMETRICS } from '../../src/index.js';

const counter = (value: number, labels = {}): Family => ({
  name: 'vsmcp_messages_total',
  help: 'Messages',
  type: 'counter',
  values: [{ value, labels }],
});

test('two processes become one text, told apart by a label', () => {
  const families = [
    labelled([counter(1, { channel: 'query' })], { service: 'a' }),
    labelled([counter(2)], { service: 'b' }),
  ];
  assert.equal(
    expose(merge(families.flat())),
    `# HELP vsmcp_messages_total Messages
# TYPE vsmcp_messages_total counter
vsmcp_messages_total{channel="query",service="a"} 1
vsmcp_messages_total{service="b"} 2
`,
  );
});

test('OpenMetrics names counters its way, tells exemplars, and ends', () => {
  const exemplar = { labelSet: { trace_id: 'abc' }, value: 0.4, timestamp: 12.5 };
  const seconds: Family = {
    name: 'vsmcp_call_seconds',
    help: 'Calls',
    type: 'histogram',
    values: [
      { value: 1, labels: { le: 0.5 }, metricName: 'vsmcp_call_seconds_bucket', exemplar },
      { value: 1, labels: { le: '+Inf' }, metricName: 'vsmcp_call_seconds_bucket' },
    ],
  };
  assert.equal(
    expose([counter(3), seconds], OPENMETRICS),
    `# HELP vsmcp_messages Messages
# TYPE vsmcp_messages counter
vsmcp_messages_total 3
# HELP vsmcp_call_seconds Calls
# TYPE vsmcp_call_seconds histogram
vsmcp_call_seconds_bucket{le="0.5"} 1 # {trace_id="abc"} 0.4 12.5
vsmcp_call_seconds_bucket{le="+Inf"} 1
# EOF
`,
  );
  assert.doesNotMatch(expose([seconds]), /trace_id/);
});

test('what text cannot hold is escaped; what JSON cannot hold is no number', () => {
  const odd = Family.parse(
    JSON.parse(
      JSON.stringify({
        name: 'x',
        help: 'a\\b\n"c"',
        type: 'gauge',
        values: [{ value: Number.NaN, labels: { why: 'say "no"\\\n' } }],
      }),
    ),
  );
  assert.equal(expose([odd]), '# HELP x a\\\\b\\n"c"\n# TYPE x gauge\nx{why="say \\"no\\"\\\\\\n"} NaN\n');
});
