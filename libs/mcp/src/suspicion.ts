import { stripVTControlCharacters } from 'node:util';
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import type { Suspicion } from '@vsmcp/vsm';

/** Bounds: findings told at a time, characters of each; characters looked at in one text, and in a whole result. */
const MOST = { found: 20, told: 200, read: 32_768, result: 16_384 };

/** Terminal sequences and control characters; newline, tab and carriage return are common in honest text. */
const TERMINAL = /(?![\n\t\r])\p{Cc}+/u;

/**
 * Characters that nobody sees. Joiners inside scripts that need them, and what belongs to emoji and flags, are taken
 * out before.
 */
const HIDDEN = /(?![\n\t\r])[\p{Cf}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]+/u;
const HONEST = new RegExp(
  [
    String.raw`(?<=[\p{Extended_Pictographic}\p{Emoji_Modifier}\u{fe0f}])[\u{fe0e}\u{fe0f}\u{200d}]`,
    String.raw`(?<=[0-9#*])\u{fe0f}\u{20e3}`,
    String.raw`\u{1f3f4}[\u{e0061}-\u{e007a}]{1,6}\u{e007f}`,
    String.raw`(?<=(?!\p{Script=Latin})[\p{L}\p{M}])[\u{200c}\u{200d}]`,
    String.raw`^\u{feff}`,
  ].join('|'),
  'gu',
);

/** Everyone who must not hear of it. */
const PEOPLE = String.raw`(?:the |this to the |this to |it to the |to the )?(?:users?|humans?|persons?|people|owners?|anyone|anybody|them)\b`;
const SECRETS = String.raw`(?:~?/\.?(?:ssh|aws|gnupg|kube)\b|id_rsa|id_ed25519|/etc/(?:passwd|shadow)|\.env\b|\bmcp\.json|\bprivate keys?\b|\bapi[ _-]?keys?\b|\b(?:access )?tokens\b|\bpasswords\b|\bcredentials\b|\benvironment variables\b|\b(?:conversation|chat|message) history\b|\b(?:entire|whole|full|complete) conversation\b|\bsystem prompt\b)`;

/**
 * Orders to whoever reads it. Read over text without what hides and in lower case. They are meant for what honest
 * descriptions do not say: "call this first" or "you must give a path" are no orders of this kind.
 */
const ORDERS: readonly RegExp[] = [
  /\b(?:ignore|disregard|forget|override|bypass)\b[^.!?\n]{0,40}\b(?:previous|prior|above|earlier|preceding|all other|all your|any other|your|system|these)\b[^.!?\n]{0,30}\b(?:instructions?|prompts?|rules|guidelines|directions|directives|messages|polic(?:y|ies)|constraints|safety)\b/,
  new RegExp(
    String.raw`\b(?:do not|don't|don’t|never|must not|without|avoid|refrain from)\b[^.!?\n]{0,20}\b(?:tell(?:ing)?|inform(?:ing)?|mention(?:ing)?|reveal(?:ing)?|disclos(?:e|ing)|notify(?:ing)?|alert(?:ing)?|warn(?:ing)?|show(?:ing)?|let(?:ting)?)\b[^.!?\n]{0,20}?${PEOPLE}`,
  ),
  new RegExp(
    String.raw`\b(?:hide|conceal|keep (?:this|it)(?: a)? secret|secretly|silently)\b[^.!?\n]{0,40}\bfrom ${PEOPLE}`,
  ),
  new RegExp(
    String.raw`\b(?:read|open|cat|load|fetch|collect|send|upload|post|include|pass|put|append|forward|copy|leak|exfiltrate)\b[^!?\n]{0,60}\b(?:contents? of|all|your|the|any)\b[^!?\n]{0,40}${SECRETS}[^!?\n]{0,80}\b(?:as|in|into|to|with) (?:the |this |a )?[\w'"\x60]*[^!?\n]{0,20}\b(?:sidenote|parameter|argument|field|tool|server|url|endpoint|address|email|attacker|webhook)\b`,
  ),
  /\bbefore (?:you )?(?:us(?:e|ing)|call(?:ing)?|invok(?:e|ing)|execut(?:e|ing)|run(?:ning)?) (?:this|any|the|other|another)\b[^.!?\n]{0,40}\b(?:read|open|cat|send|upload)\b[^.!?\n]{0,80}(?:[~/.]|file|secret|key)/,
  /<\/?(?:system|important|secret|instructions?|hidden|admin)>|\[\/?inst\]|<\|(?:im_start|im_end|system|endoftext)\|>|(?:^|\n)[ \t]{0,8}(?:system|developer|assistant) ?:\s/,
  /\b(?:you are now|from now on,? you|new instructions?(?=:)|your (?:new|real|true) (?:task|instructions?|goal|role) (?:is|are))\b/,
  /\b(?:instead of|rather than) (?:calling|using) the (?:other|real|original)\b/,
];

/** Text in which nothing hides, as most is: it is read as it stands. */
const PLAIN = /^[\t\n\r\x20-\x7e]*$/;
const ALL_HIDDEN = new RegExp(HIDDEN, 'gu');
const ALL_TERMINAL = new RegExp(TERMINAL, 'gu');

/** Suspicions in a text. */
export function suspicionsOf(where: string, text: string): Suspicion[] {
  const read = text.slice(0, MOST.read);
  if (PLAIN.test(read)) return ordersIn(where, onOneSpace(read));
  const found: Suspicion[] = [];
  const terminal = TERMINAL.exec(read);
  if (terminal) found.push({ where, kind: 'terminal', text: around(read, terminal.index, terminal[0].length) });
  const bare = read.replace(HONEST, '');
  const hidden = HIDDEN.exec(bare);
  if (hidden) found.push({ where, kind: 'hidden', text: around(bare, hidden.index, hidden[0].length) });
  return [...found, ...ordersIn(where, plain(bare))];
}

/** @param seen as it reads to one who follows it */
function ordersIn(where: string, seen: string): Suspicion[] {
  const found: Suspicion[] = [];
  for (const order of ORDERS) {
    const said = order.exec(seen);
    if (said) found.push({ where, kind: 'imperative', text: visible(said[0]).trim() });
  }
  return found;
}

/**
 * Suspicions in any of the texts of a JSON value: `where` says at which. At most 20 are told.
 * @param most characters and values looked at in all
 */
export function suspicionsIn(where: string, value: unknown, most = Number.POSITIVE_INFINITY): Suspicion[] {
  const found: Suspicion[] = [];
  const left: [string, unknown][] = [[where, value]];
  let unread = most;
  for (let next = left.pop(); next !== undefined && found.length < MOST.found && unread > 0; next = left.pop()) {
    const [at, inner] = next;
    unread--;
    if (typeof inner === 'string') {
      found.push(...suspicionsOf(at, inner.slice(0, unread)));
      unread -= inner.length;
    } else if (typeof inner === 'object' && inner !== null) {
      for (const [key, each] of firstOf(inner, unread).reverse()) {
        left.push([`${at}.${visible(key)}`, each]);
        if (Array.isArray(inner)) continue;
        found.push(...suspicionsOf(`${at}, a name`, key));
        unread -= key.length;
      }
    }
  }
  return found.slice(0, MOST.found);
}

/** The first entries; of a long list the others are not even named. */
function firstOf(value: object, most: number): [string, unknown][] {
  return Object.entries(Array.isArray(value) && value.length > most ? value.slice(0, most) : value).slice(0, most);
}

/**
 * Suspicions in the beginning of a tool's result: results come often and can be long. Pictures and the like are passed
 * over.
 */
export function suspicionsInResult(where: string, { content, structured }: Result): Suspicion[] {
  const texts = content.map((block) =>
    block.type === 'text' ? block.text : block.type === 'resource' ? block.resource : '',
  );
  const found = suspicionsIn(where, texts.length === 1 ? texts[0] : texts, MOST.result);
  return found.length > 0 ? found : suspicionsIn(where, structured, MOST.result);
}

interface Result {
  content: CallToolResult['content'];
  structured: unknown;
}

/**
 * As it reads to one who follows it: what hides is gone, letters that only look different are the same, spaces are one.
 */
function plain(text: string): string {
  const written = hiddenAscii(text);
  const shown = stripVTControlCharacters(`${text}${written && `\n${written}`}`)
    .normalize('NFKC')
    .replace(ALL_HIDDEN, '')
    .replace(ALL_TERMINAL, '');
  return onOneSpace(shown);
}

function onOneSpace(text: string): string {
  return text.replace(/[^\S\n]+/g, ' ').toLowerCase();
}

/** Text in tag characters, which are ASCII that no font shows. */
function hiddenAscii(text: string): string {
  return [...text]
    .map((character) => character.codePointAt(0) ?? 0)
    .filter((code) => code >= 0xe0020 && code <= 0xe007e)
    .map((code) => String.fromCodePoint(code - 0xe0000))
    .join('');
}

function around(text: string, index: number, length: number): string {
  return visible(text.slice(Math.max(0, index - 40), index + length + 40));
}

/** With all that hides written as `\u{200b}`; bounded. */
function visible(text: string): string {
  const shown = text.replace(
    /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
  return shown.length > MOST.told ? `${shown.slice(0, MOST.told - 1)}…` : shown;
}
