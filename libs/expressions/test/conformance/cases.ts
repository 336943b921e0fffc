import { getConformanceSuite } from '@bufbuild/cel-spec/testdata/tests.js';
import type { SpecValue } from './values.js';

/** The files of the specification's cases that test the language itself. */
const CORE = new Set([
  ...['basic', 'comparisons', 'conversions', 'fields', 'fp_math', 'integer_math', 'lists', 'logic', 'macros'],
  ...['namespace', 'parse', 'plumbing', 'string', 'timestamps', 'type_deductions'],
]);
/** Protocol buffers, which JSON events have none of; timestamps and durations are CEL's own. */
const MESSAGES =
  /TestAllTypes|NestedTestAllTypes|GlobalEnum|NestedEnum|google\.protobuf\.(?!Timestamp\b|Duration\b)|cel\.expr\./;

export interface Case {
  /** `file/suite/name` */
  id: string;
  expression: string;
  bindings: Record<string, SpecValue>;
  names: readonly string[];
  /** undefined: an error is wanted, or (`onlyChecked`) nothing is evaluated. */
  wanted: SpecValue | undefined;
  onlyChecked: boolean;
}

/** Cases that do not apply to expressions over JSON that are checked when they are set, by why. */
export type Left =
  | 'protocol buffers'
  | 'declared functions'
  | 'names with dots and containers'
  | 'refused by the checker of cel-go';

type Test = ReturnType<typeof getConformanceSuite>['suites'][number]['suites'][number]['tests'][number];

/** @returns the cases of the core that apply, and how many do not, by why */
export function coreCases(): { cases: Case[]; left: Map<Left, number> } {
  const cases: Case[] = [];
  const left = new Map<Left, number>();
  for (const file of getConformanceSuite().suites.filter(({ name }) => CORE.has(name)))
    for (const suite of file.suites)
      for (const test of suite.tests) {
        const why = reasonToLeave(test);
        if (why === undefined) cases.push(caseOf(`${file.name}/${suite.name}/${test.original.name}`, test));
        else left.set(why, (left.get(why) ?? 0) + 1);
      }
  return { cases, left };
}

function reasonToLeave({ original: test, error }: Test): Left | undefined {
  const values = Object.values(test.bindings).map((bound) => bound.kind.value as SpecValue | undefined);
  const matcher = test.resultMatcher;
  const result =
    matcher.case === 'value' ? matcher.value : matcher.case === 'typedResult' ? matcher.value.result : undefined;
  if (MESSAGES.test(test.expr) || MESSAGES.test(test.container)) return 'protocol buffers';
  if ([...values, result as SpecValue | undefined].some(hasMessage)) return 'protocol buffers';
  for (const { declKind } of test.typeEnv) {
    if (declKind.case === 'function') return 'declared functions';
    const declared = JSON.stringify(declKind.value?.type ?? {}, (_, value) =>
      typeof value === 'bigint' ? String(value) : value,
    );
    if (/"(messageType|abstractType|wrapper)"/.test(declared)) return 'protocol buffers';
  }
  const names = [...Object.keys(test.bindings), ...test.typeEnv.map(({ name }) => name)];
  if (test.container !== '' || names.some((name) => name.includes('.'))) return 'names with dots and containers';
  // The reference implementation's checker refuses it; as ours does, when a unit is set. Its parser lags behind over
  // quoted fields.
  const wantsError = matcher.case === 'evalError';
  if (test.disableCheck && error !== undefined && !wantsError && !/unsupported syntax/.test(error))
    return 'refused by the checker of cel-go';
  return undefined;
}

function hasMessage(value: SpecValue | undefined): boolean {
  switch (value?.kind.case) {
    case 'objectValue':
      return !/Timestamp|Duration/.test((value.kind.value as { typeUrl: string }).typeUrl);
    case 'enumValue':
      return true;
    case 'listValue':
      return (value.kind.value as { values: SpecValue[] }).values.some(hasMessage);
    case 'mapValue':
      return (value.kind.value as { entries: { key: SpecValue; value: SpecValue }[] }).entries.some(
        (entry) => hasMessage(entry.key) || hasMessage(entry.value),
      );
    default:
      return false;
  }
}

function caseOf(id: string, { original: test }: Test): Case {
  const matcher = test.resultMatcher;
  const bindings = Object.fromEntries(
    Object.entries(test.bindings).map(([name, bound]) => [name, bound.kind.value as SpecValue]),
  );
  const wanted =
    matcher.case === 'value' ? matcher.value : matcher.case === 'typedResult' ? matcher.value.result : undefined;
  return {
    id,
    expression: test.expr,
    bindings,
    names: [...new Set([...Object.keys(bindings), ...test.typeEnv.map(({ name }) => name)])],
    wanted: wanted as SpecValue | undefined,
    onlyChecked: matcher.case === 'typedResult' && matcher.value.result === undefined,
  };
}
