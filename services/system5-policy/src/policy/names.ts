import { isRemote, packageOf, type Spec } from '@vsmcp/vsm';

/** Which names policy admits at all. Globs: `*` stands for any run of characters within a segment between slashes. */
export interface Admission {
  from: readonly string[];
  deny: readonly string[];
  /** `settings.allowed_mcp_servers`: when not empty, a server must be in it as well. */
  allowed: readonly string[];
}

export interface Refusal {
  rule: string;
  because: string;
}

/** The package that a server runs from; one that runs elsewhere has its address for a package. */
export const packageIn = (spec: Spec): string => (isRemote(spec) ? spec.url : packageOf(spec.npm));

export function glob(pattern: string, text: string): boolean {
  const source = pattern.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${source.join('[^/]*')}$`).test(text);
}

/**
 * Why a candidate's name keeps it out, or undefined. `from` looks at the registry's name alone, the others at the
 * package too.
 */
export function nameRefusal(admission: Admission, candidate: { name: string; spec: Spec }): Refusal | undefined {
  const names = [candidate.name, packageIn(candidate.spec)];
  const denied = admission.deny.find((pattern) => names.some((name) => glob(pattern, name)));
  if (denied) return { rule: 'acquire.deny', because: `${candidate.name} is on the deny list (${denied})` };
  if (!admission.from.some((pattern) => glob(pattern, candidate.name)))
    return { rule: 'acquire.from', because: `${candidate.name} is in none of the namespaces that policy admits` };
  const { allowed } = admission;
  if (allowed.length > 0 && !allowed.some((pattern) => names.some((name) => glob(pattern, name))))
    return { rule: 'allowed_mcp_servers', because: `${candidate.name} is not among settings.allowed_mcp_servers` };
  return undefined;
}
