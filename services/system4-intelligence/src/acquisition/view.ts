import type { Acquisition, DataOf } from '@vsmcp/vsm';
import type { Saga } from './state.js';

/** How an acquisition goes, as it is told. */
export function acquisitionOf(saga: Saga): DataOf<typeof Acquisition> {
  const { proposal, type, step, waiting, because, rule } = saga;
  const said = step === 'probing' ? saga.probe : saga.said;
  const told: DataOf<typeof Acquisition> = { proposal, type, step, waiting, because };
  if (rule !== undefined) told.rule = rule;
  if (said === undefined || step === 'searching') return told;
  told.candidate = said.candidate.name;
  told.version = said.candidate.version;
  told.server = said.server;
  if (said.tool !== undefined) told.tool = said.tool;
  if (said.evidence?.confinement) told.confinement = said.evidence.confinement;
  return told;
}
