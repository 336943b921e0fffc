import {
  type Expression,
  expressionHash,
  expressionOf,
  expressionText,
  type Mapping,
  mappingOf,
} from '@vsmcp/expressions';
import {
  type CallResponse,
  PERSON,
  type ResourceClaim,
  Response,
  reasonOf,
  type Tool,
  type Unit,
  VsmError,
} from '@vsmcp/vsm';

/** One call of a response. */
export interface PlanStep {
  server: string;
  tool: string;
  args: Mapping;
}

/** A resource to hold. `of`: how many claims may hold it together; null: any number. */
export interface PlanClaim {
  resource: Mapping;
  of: number | null;
}

/** A response that calls tools, its expressions known to compile. Times in ms. */
export interface CallPlan {
  kind: 'call';
  steps: readonly PlanStep[];
  /** A person is asked first; what they give is the first of the results. */
  question?: Mapping;
  guard?: { text: string; hash: string; holds: Expression };
  claims: readonly PlanClaim[];
  deadline?: number;
  retries?: number;
  idempotent: boolean;
  latest?: number;
  priority?: number;
}

/** A unit's defaults for its responses. */
export type UnitDefaults = Pick<Unit, 'deadline' | 'retries'>;

export type Plan = { kind: 'noted' } | { kind: 'wanted' } | CallPlan;

/**
 * Compiles a response.
 * @throws VSM_CONFIG naming the expression that does not compile
 */
export function planOf(response: Response, unit: UnitDefaults = {}): Plan {
  return typeof response === 'string' ? { kind: response } : callPlan(response, unit);
}

function callPlan(response: CallResponse, unit: UnitDefaults): CallPlan {
  const deadline = response.deadline ?? unit.deadline;
  const retries = response.retries ?? unit.retries;
  const asks = response.call === PERSON;
  const tools = asks ? [] : [{ call: response.call, with: response.with }];
  return {
    kind: 'call',
    ...(asks && { question: mappingOf(response.with) }),
    steps: [...tools, ...(response.then ?? [])].map((step) => ({
      ...toolRef(step.call),
      args: mappingOf(step.with),
    })),
    ...(response.guard !== undefined && { guard: planGuard(response.guard) }),
    claims: (response.claims ?? []).map(planClaim),
    ...(deadline !== undefined && { deadline }),
    ...(retries !== undefined && { retries }),
    idempotent: response.idempotent ?? false,
    ...(response.latest !== undefined && { latest: response.latest }),
    ...(response.priority !== undefined && { priority: response.priority }),
  };
}

function planClaim(claim: ResourceClaim): PlanClaim {
  if (typeof claim === 'string') return { resource: mappingOf(claim), of: 1 };
  return { resource: mappingOf(claim.resource), of: 'of' in claim ? claim.of : null };
}

/** A guard is an expression whether or not it is written with `=`. */
function planGuard(guard: string): NonNullable<CallPlan['guard']> {
  expressionOf(guard);
  const text = expressionText(guard);
  return { text, hash: expressionHash(text), holds: (scope) => expressionOf(guard)(scope) };
}

/** `server.tool`: the server's name has no dot. */
export function toolRef(reference: string): { server: string; tool: string } {
  const dot = reference.indexOf('.');
  return { server: reference.slice(0, dot), tool: reference.slice(dot + 1) };
}

/** A plan with literal arguments, for an operation that a person or an agent asked for. It is tried once. */
export function operationPlan(tool: string, params: Record<string, unknown>): CallPlan {
  return { kind: 'call', steps: [{ ...toolRef(tool), args: () => params }], claims: [], retries: 0, idempotent: false };
}

/** Checks what came with an acquisition. @throws VSM_CONFIG with what is wrong */
export function checkedResponse(type: string, response: unknown): Response {
  const parsed = Response.safeParse(response);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new VsmError(
      'VSM_CONFIG',
      `the response for ${type} is not one (${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}): acquire it again`,
    );
  }
  planOf(parsed.data);
  return parsed.data;
}

/** Compiled plans by response, made on first use: 10,000 units cost nothing until their events come. */
export class Plans {
  readonly #compiled = new WeakMap<object, { unit: UnitDefaults; plan: Plan | VsmError }>();

  /** The plan, or why there is none. */
  of(response: Response, unit: UnitDefaults): Plan | VsmError {
    if (typeof response === 'string') return { kind: response };
    const known = this.#compiled.get(response);
    if (known?.unit === unit) return known.plan;
    const plan = planOrError(response, unit);
    this.#compiled.set(response, { unit, plan });
    return plan;
  }
}

function planOrError(response: Response, unit: UnitDefaults): Plan | VsmError {
  try {
    return planOf(response, unit);
  } catch (error) {
    return error instanceof VsmError ? error : new VsmError('VSM_CONFIG', reasonOf(error), { cause: error });
  }
}

/** True when calling the tool again does no harm, by its own annotations or the response's word. */
export function isRepeatable(tool: Tool, plan: CallPlan): boolean {
  return plan.idempotent || tool.annotations?.readOnlyHint === true || tool.annotations?.idempotentHint === true;
}
