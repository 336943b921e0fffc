import { argumentsOf, scopeOf } from '@vsmcp/expressions';
import { FleetConfig, type FleetConfigInput } from '@vsmcp/service';
import { type CloudEvent, VsmError } from '@vsmcp/vsm';
import { Catalog } from '../../../services/system1-operations/dist/deciding/catalog.js';

const TIMES = 100_000;

/** ms that finding the response of an event takes, and making its arguments. */
export function matchingAndMapping(config: FleetConfigInput, event: CloudEvent): { match: number; map: number } {
  const catalog = new Catalog(FleetConfig.parse(config).units);
  const plan = catalog.plan(catalog.match(event.type));
  if (plan === undefined || plan instanceof VsmError || plan.kind !== 'call') throw new Error('nothing answers it');
  const [step] = plan.steps;
  if (step === undefined) throw new Error('it has no step');
  return {
    match: timed(() => catalog.plan(catalog.match(event.type))),
    map: timed(() => argumentsOf(step.args, scopeOf(event))),
  };
}

function timed(task: () => unknown): number {
  for (let n = 0; n < TIMES; n++) task(); // warm
  const since = performance.now();
  for (let n = 0; n < TIMES; n++) task();
  return (performance.now() - since) / TIMES;
}
