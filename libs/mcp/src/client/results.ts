import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { AjvJsonSchemaValidator } from '@modelcontextprotocol/sdk/validation/ajv-provider.js';
import type { JsonSchemaType, JsonSchemaValidator } from '@modelcontextprotocol/sdk/validation/types.js';
import { reasonOf, type Tool } from '@vsmcp/vsm';
import type { ToolResult } from '../server-launcher.js';
import { suspicionsInResult } from '../suspicion.js';
import { isLight, within } from './bounded.js';

/** Longest time (ms) for which a stranger's schema may keep this process from all else. */
const PATIENCE = 1000;
/**
 * A check by a plain schema of a plain result takes a few ms at most (see `isLight`), and is made without looking at
 * the time.
 */
const LIGHT = { schema: 4000, result: 10_000 };
/** With these a short schema, or a short result, can take for ever. */
const DEAR = /^(\$ref|\$dynamicRef|\$recursiveRef|patternProperties|uniqueItems)$/;

interface Validator {
  /** undefined: it took too long. */
  validate: JsonSchemaValidator<unknown> | undefined;
  plain: boolean;
}

/** Holds a server's structured results to the schemas it declared itself. */
export class Results {
  readonly #ajv = new AjvJsonSchemaValidator();
  readonly #validators = new Map<string, Validator>();

  /** The result as the fleet passes it on, or why it is not what was declared. */
  check(tool: Tool, result: CallToolResult): ToolResult | string {
    const structured = result.structuredContent;
    const wrong = result.isError ? undefined : this.#mismatch(tool, structured);
    if (wrong !== undefined) return wrong;
    const suspicions = suspicionsInResult(`result of ${tool.name}`, { content: result.content, structured });
    return {
      isError: result.isError === true,
      content: result.content,
      ...(structured && { structured }),
      ...(suspicions.length > 0 && { suspicions }),
    };
  }

  #mismatch(tool: Tool, structured: unknown): string | undefined {
    if (tool.outputSchema === undefined) return undefined;
    if (structured === undefined) return 'its result lacks the structured content that its output schema promises';
    try {
      const found = this.#checked(
        this.#validators.get(tool.name) ?? this.#compile(tool.name, tool.outputSchema),
        structured,
      );
      if (found === undefined) {
        return `its output schema takes too long to check (more than ${PATIENCE} ms): it returns too much, or is not to be trusted; use another server`;
      }
      return found.valid ? undefined : `its structured content breaks its own output schema: ${found.errorMessage}`;
    } catch (error) {
      return `its output schema cannot be read: ${reasonOf(error)}`;
    }
  }

  /** undefined when it takes too long, now and from now on. */
  #checked(validator: Validator, structured: unknown): ReturnType<JsonSchemaValidator<unknown>> | undefined {
    const { validate, plain } = validator;
    if (validate === undefined || (plain && isLight(structured, LIGHT.result))) return validate?.(structured);
    const done = within(PATIENCE, () => validate(structured));
    if (done === undefined) validator.validate = undefined;
    return done?.value;
  }

  #compile(name: string, schema: Record<string, unknown>): Validator {
    const checked = withoutPatterns(schema) as JsonSchemaType;
    const validate = within(PATIENCE, () => this.#ajv.getValidator<unknown>(checked))?.value;
    const validator = { validate, plain: isLight(schema, LIGHT.schema) && !isDear(schema) };
    this.#validators.set(name, validator);
    return validator;
  }
}

function isDear(schema: unknown): boolean {
  if (schema === null || typeof schema !== 'object') return false;
  return Object.entries(schema).some(([key, value]) => DEAR.test(key) || isDear(value));
}

/** A stranger's regular expression over a stranger's text can stop this process for hours: patterns are not checked. */
function withoutPatterns(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutPatterns);
  if (schema === null || typeof schema !== 'object') return schema;
  const kept = Object.entries(schema).filter(([key, value]) => !(key === 'pattern' && typeof value === 'string'));
  return Object.fromEntries(kept.map(([key, value]) => [key, withoutPatterns(value)]));
}
