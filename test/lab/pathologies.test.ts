import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PathologyName } from '@vsmcp/vsm';
import { ailmentsOf } from '../../libs/cli/src/lab/ailments.js';
import { runScenario } from './scenarios.js';

for (const name of PathologyName.options) {
  test(`${name} is named in the day that shows it, and only there`, async () => {
    const ill = ailmentsOf((await runScenario(name)).observed.minutes);
    assert.deepEqual(
      ill.map((ailment) => ailment.name),
      [name],
    );
    const well = ailmentsOf((await runScenario(`${name}.well`)).observed.minutes);
    assert.deepEqual(
      well.map((ailment) => ailment.name),
      [],
    );
  });
}
