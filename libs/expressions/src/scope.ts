/**
 * The variables that expressions see: the event's data, its attributes, and in `then` steps the results of the steps
 * before.
 */
export interface Scope {
  data: unknown;
  event: Record<string, unknown>;
  results: readonly unknown[];
}
