export { MOST_VISITS } from './effort.js';
export {
  compileExpression,
  type Expression,
  expressionHash,
  expressionOf,
  expressionText,
  isExpression,
  shown,
} from './expressions.js';
export { GenerationalMemo } from './generational-memo.js';
export { argumentsOf, MAX_ARGUMENT_BYTES, type Mapping, mappingOf, scopeOf } from './mapping.js';
export { type Pattern, patternOf } from './patterns.js';
export type { Scope } from './scope.js';
