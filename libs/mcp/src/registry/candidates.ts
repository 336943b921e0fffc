import { type Candidate, ServerSpec } from '@vsmcp/vsm';
import semver from 'semver';
import { refusedVariable } from '../sandbox/environment.js';
import type { Skipped } from '../server-launcher.js';
import { cleanText } from '../text.js';
import { type Entry, NEEDS, OFFICIAL, type Package, PUBLISHER } from './format.js';
import { argumentsOf, fixed } from './inputs.js';

/** The newest version of each server, as a candidate or as skipped. Entries in any order. */
export function candidatesOf(
  entries: readonly Entry[],
  registry: string,
): { candidates: Candidate[]; skipped: Skipped[] } {
  const newest = new Map<string, Entry>();
  for (const entry of entries) {
    const known = newest.get(entry.server.name);
    if (!known || isNewer(entry, known)) newest.set(entry.server.name, entry);
  }
  const candidates: Candidate[] = [];
  const skipped: Skipped[] = [];
  for (const entry of newest.values()) {
    const made = candidateOf(entry, registry);
    if (typeof made !== 'string') candidates.push(made);
    else skipped.push(skippedOf(entry, made));
  }
  return { candidates, skipped };
}

function skippedOf({ server: { name, version, description } }: Entry, why: string): Skipped {
  return { name, version, description: cleanText(description, 2000), why };
}

function isNewer(a: Entry, b: Entry): boolean {
  const [one, other] = [a._meta?.[OFFICIAL], b._meta?.[OFFICIAL]];
  if (one?.isLatest !== other?.isLatest) return one?.isLatest === true;
  const [left, right] = [semver.parse(a.server.version), semver.parse(b.server.version)];
  if (left && right) return semver.compare(left, right) > 0;
  return (one?.publishedAt ?? '') > (other?.publishedAt ?? '');
}

function candidateOf(entry: Entry, registry: string): Candidate | string {
  const { server } = entry;
  const status = entry._meta?.[OFFICIAL]?.status ?? 'active';
  if (status !== 'active') return `it is ${cleanText(status, 40)}`;
  const reasons: string[] = [];
  for (const each of server.packages) {
    const spec = specOf(each, server._meta?.[PUBLISHER]?.[NEEDS]);
    if (typeof spec === 'string') reasons.push(spec);
    else {
      return {
        name: server.name,
        ...(server.title !== undefined && { title: cleanText(server.title, 200) }),
        description: cleanText(server.description, 2000),
        version: server.version,
        registry,
        spec,
      };
    }
  }
  return reasons.join('; ') || REMOTE;
}

/** Why packages of other kinds are not run, and what can be done instead. */
const OTHERS: Readonly<Record<string, string>> = {
  pypi: 'a Python package, and servers are run with node: run it yourself and give its address as url',
  oci: 'a container image, and no container engine is used: run it yourself and give its address as url',
  nuget: 'a .NET package, and servers are run with node: run it yourself and give its address as url',
  mcpb: 'a bundle for desktop programs, whose parts have no integrity of their own',
};
const REMOTE = 'it runs elsewhere only: a person can give its address as url under servers in vsmcp.yaml';

function specOf(from: Package, grants: unknown): ServerSpec | string {
  if (from.registryType !== 'npm') {
    const kind = cleanText(from.registryType, 40);
    return `not supported: it is ${OTHERS[kind] ?? `a ${kind} package`}`;
  }
  if (from.transport.type !== 'stdio') return `its npm package speaks ${from.transport.type}, not stdio`;
  if (from.registryBaseUrl && !/^https:\/\/registry\.npmjs\.(org|com)\/?$/.test(from.registryBaseUrl)) {
    return `its package is in another npm registry, ${from.registryBaseUrl}`;
  }
  const runtime = argumentsOf(from.runtimeArguments);
  if ('missing' in runtime || runtime.args.some((arg) => !['-y', '--yes'].includes(arg))) {
    return 'it wants arguments for npx or node';
  }
  const given = argumentsOf(from.packageArguments);
  if ('missing' in given) return given.missing;
  const env: Record<string, string> = {};
  for (const variable of from.environmentVariables) {
    const found = fixed(variable, variable.name);
    if (found && 'missing' in found) return found.missing;
    const why = found && refusedVariable(variable.name);
    if (why) return `${variable.name} ${why}`;
    if (found) env[variable.name] = found.value;
  }
  const npm = `${from.identifier}@${from.version ?? ''}`;
  const spec = ServerSpec.safeParse({ npm, args: given.args, env, ...(grants !== undefined && { grants }) });
  return spec.success ? spec.data : `${npm} is not an exact version of a package`;
}
