import { reasonOf } from '@vsmcp/vsm';
import { type Document, isScalar, type Scalar, visit, type YAMLError } from 'yaml';

/** A problem of a text as YAML; offsets from its beginning. */
export interface SyntaxProblem {
  offset: number;
  message: string;
}

/**
 * The problems of a text from which no fleet can be read: broken YAML, tags that are not YAML's own, keys that are
 * there twice, names that would be lost on the way.
 */
export function syntaxProblems(document: Document.Parsed, text: string): SyntaxProblem[] {
  const tags = document.warnings.filter(({ code }) => code === 'TAG_RESOLVE_FAILED');
  const broken = [...document.errors, ...tags].map((error) => ({
    offset: error.pos[0],
    message: inWords(error, text),
  }));
  const problems = [...broken, ...keysTwice(document, text)];
  return problems.length > 0 ? problems.sort((a, b) => a.offset - b.offset) : lostNames(document);
}

/** The document as plain values. */
export function valuesOf(document: Document.Parsed): { input: unknown } | SyntaxProblem {
  try {
    return { input: document.toJS() };
  } catch (error) {
    // aliases that lead nowhere, or that would unfold into more than a machine holds
    return {
      offset: 0,
      message: `${reasonOf(error)}; expected aliases (*name) of anchors (&name) before them, and few`,
    };
  }
}

function keysTwice(document: Document.Parsed, text: string): SyntaxProblem[] {
  const problems: SyntaxProblem[] = [];
  visit(document, {
    Map(_, { items }) {
      const keys = new Set<unknown>();
      for (const { value, range } of items.map(({ key }) => key).filter((key): key is Scalar => isScalar(key))) {
        const offset = range?.[0] ?? 0;
        if (keys.has(value)) {
          problems.push({ offset, message: `got '${wordAt(text, offset)}' a second time, expected each key once` });
        }
        keys.add(value);
      }
    },
  });
  return problems;
}

function inWords({ message, pos }: YAMLError, text: string): string {
  const [said = ''] = message.split('\n');
  if (said.includes('call stack')) return 'it is nested too deeply';
  return `${said.replace(/ at line \d+, column \d+:?$/, '')}: got '${lineAt(text, pos[0])}', expected YAML`;
}

/** JavaScript keeps `__proto__` for itself: such a key would be passed over without a word. */
function lostNames(document: Document.Parsed): SyntaxProblem[] {
  const problems: SyntaxProblem[] = [];
  visit(document, {
    Pair(_, { key }) {
      if (!isScalar(key) || key.value !== '__proto__') return;
      problems.push({ offset: key.range?.[0] ?? 0, message: "got '__proto__' as a name, expected another" });
    },
  });
  return problems;
}

function wordAt(text: string, offset: number): string {
  return shortened(/^[^:\n]*/.exec(text.slice(offset))?.[0] ?? '');
}

function lineAt(text: string, offset: number): string {
  const begin = text.lastIndexOf('\n', Math.max(0, offset - 1)) + 1;
  return shortened(text.slice(begin).split('\n', 1)[0] ?? '');
}

/** Without what would do something to a terminal. */
function shortened(text: string): string {
  const clean = text.trim().replaceAll(/\p{C}/gu, '�');
  return clean.length > 60 ? `${clean.slice(0, 57)}…` : clean;
}
