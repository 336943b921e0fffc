import { basename } from 'node:path';
import type { FleetConfig } from '@vsmcp/service';
import { reasonOf, VsmError } from '@vsmcp/vsm';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { checkAll } from '../../config/check.js';
import { readIfThere } from '../../config/file.js';
import { packageOf } from '../tools/names.js';
import { Day, OWN } from './schema.js';

/** A day that can be run: the fleet's configuration, and what the lab does around it. */
export interface ReadDay {
  name: string;
  day: Day;
  config: FleetConfig;
}

/** @throws VSM_CONFIG that names the file and everything that is wrong in it */
export async function readDay(file: string): Promise<ReadDay> {
  const text = await readIfThere(file);
  if (text === undefined) throw new VsmError('VSM_CONFIG', `there is no ${file}; docs/lab.md has a day to begin with`);
  return parseDay(text, basename(file));
}

/** @param name of the file, for messages */
export function parseDay(text: string, name: string): ReadDay {
  const wrong = (why: string, cause?: unknown) =>
    new VsmError('VSM_CONFIG', `${name} is not a day for the lab:\n${why}`, { cause });
  let values: unknown;
  try {
    values = parse(text);
  } catch (error) {
    throw wrong(reasonOf(error), error);
  }
  const parsed = Day.safeParse(values);
  if (!parsed.success) throw wrong(z.prettifyError(parsed.error));
  const day = parsed.data;
  const own = OWN.filter((key) => key in day.fleet);
  if (own.length > 0) throw wrong(`fleet.${own[0]}: the lab has its own: leave it out`);
  return { name: name.replace(/\.ya?ml$/, ''), day, config: configOf(day, wrong) };
}

/** The fleet as the lab runs it. What the environment of this process says changes nothing: one file is one day. */
function configOf(day: Day, wrong: (why: string) => VsmError): FleetConfig {
  const servers = Object.fromEntries(
    Object.entries(day.servers).map(([server, { parallel, rate, open }]) => [
      server,
      { npm: packageOf(server), parallel, ...(rate !== undefined && { rate }), ...(open && { open }) },
    ]),
  );
  const checked = checkAll(stringify({ ...day.fleet, servers, registries: [] }), {});
  if (checked.ok) return checked.config;
  throw wrong(checked.problems.map(({ at, message }) => `fleet.${at}: ${message}`).join('\n'));
}
