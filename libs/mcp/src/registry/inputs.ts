import type { Argument, WithVariables } from './format.js';

/** A value that is fixed by the registry, or why it is not; undefined: it may be left out. */
type Fixed = { value: string } | { missing: string } | undefined;

/**
 * `value`, else `default`, with its `{variables}` put in from their own. What a person would have to fill in is
 * missing.
 */
export function fixed(input: WithVariables, name: string): Fixed {
  const template = input.value ?? input.default;
  if (template === undefined) return input.isRequired ? { missing: `${name} has no value` } : undefined;
  let missing: string | undefined;
  const value = template.replace(/\{([A-Za-z_]\w*)\}/g, (whole, key: string) => {
    const variable = input.variables?.[key];
    if (variable === undefined) return whole;
    const found = variable.value ?? variable.default;
    if (found === undefined) missing ??= `${name} needs ${key}`;
    return found ?? '';
  });
  if (missing === undefined) return { value };
  return input.isRequired ? { missing } : undefined;
}

/** Command-line arguments as the registry fixes them, or why it does not. */
export function argumentsOf(given: readonly Argument[]): { args: string[] } | { missing: string } {
  const args: string[] = [];
  for (const argument of given) {
    const name = argument.type === 'named' ? argument.name : (argument.valueHint ?? 'an argument');
    const found = fixed(argument, name);
    if (found && 'missing' in found) {
      if (argument.type !== 'named' || argument.format !== 'boolean') return found;
      args.push(argument.name);
    } else if (found)
      args.push(argument.type === 'named' ? named(argument.name, argument.format, found.value) : found.value);
  }
  return { args: args.filter((arg) => arg !== '') };
}

/** A flag of format boolean stands alone when it is true, and is left out when it is false. */
function named(name: string, format: string | undefined, value: string): string {
  if (format === 'boolean') return value === 'true' ? name : '';
  return value === '' ? name : `${name}=${value}`;
}
