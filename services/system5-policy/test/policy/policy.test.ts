import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FleetConfig } from '@vsmcp/service';
import { policyOf } from '../../src/policy/policy.js';

describe('policy', () => {
  it('a rule that Cedar cannot read keeps System 5 from starting, and is named', () => {
    const forbid = [{ name: 'broken', because: 'x', cedar: 'action ==' }];
    const config = FleetConfig.parse({ policy: { forbid } });
    assert.throws(() => policyOf(config), { code: 'VSM_CONFIG', message: /rule broken/ });
  });

  it('out of the box nothing is admitted', () => {
    const policy = policyOf(FleetConfig.parse({}));
    assert.deepEqual([policy.admission.from, policy.allow, policy.ask], [[], 'nothing', 'never']);
  });
});
