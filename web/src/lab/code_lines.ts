// code_lines.ts: JavaScript as lines of marked text, for paper: no editor, no scrolling.
import { highlightCode, tagHighlighter, tags } from '@lezer/highlight';
import { parser } from '@lezer/javascript';

export interface CodeLine {
  indent: number; // spaces that it begins with
  parts: { text: string; kind: string }[]; // "": nothing special
}

// Paper is black: weight and slant tell what colours tell on a screen.
const kKinds = tagHighlighter([
  { tag: [tags.keyword, tags.controlKeyword, tags.definitionKeyword, tags.modifier, tags.operatorKeyword], class: 'keyword' },
  { tag: [tags.comment, tags.lineComment, tags.blockComment], class: 'comment' },
  { tag: [tags.string, tags.special(tags.string), tags.regexp], class: 'string' },
]);

export function codeLines(text: string): CodeLine[] {
  if (!text.trim()) return [];
  const code = text.trimEnd();
  const lines: CodeLine[] = [{ indent: 0, parts: [] }];
  highlightCode(
    code, parser.parse(code), kKinds,
    (part, kind) => lines[lines.length - 1]?.parts.push({ text: part, kind }),
    () => lines.push({ indent: 0, parts: [] }),
  );
  for (const line of lines) line.indent = /^ */.exec(line.parts.map(({ text: one }) => one).join(''))?.[0].length ?? 0;
  return lines;
}
