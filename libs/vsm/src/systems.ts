import { z } from 'zod';

/** Those who take part in the channels. `world` is everything outside the viable system. */
export const SYSTEMS = ['s1', 's2', 's3', 's4', 's5', 'consciousness', 'gateway'] as const;
export const System = z.enum(SYSTEMS);
export type System = z.infer<typeof System>;

/** `parent`: the fleet of which this one is a unit, at its border. */
export const Party = z.enum([...SYSTEMS, 'world', 'parent']);
export type Party = z.infer<typeof Party>;

/** Beer's five systems: a fleet in which one of them is missing is not viable. */
export const VIABLE_SYSTEMS = ['s1', 's2', 's3', 's4', 's5'] as const satisfies readonly System[];

export const SYSTEM_NAMES: Record<System, string> = {
  s1: 'System 1 operations',
  s2: 'System 2 coordination',
  s3: 'System 3 control',
  s4: 'System 4 intelligence',
  s5: 'System 5 policy',
  consciousness: 'consciousness',
  gateway: 'gateway',
};
