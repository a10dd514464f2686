// editor.tsx: the text of a file, with the lines that emitted something marked. Loaded when
// it is first shown: CodeMirror is larger than all the rest of the page.
import { cpp } from '@codemirror/lang-cpp';
import { javascript } from '@codemirror/lang-javascript';
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { EditorState, RangeSetBuilder, StateEffect, StateField, type Extension } from '@codemirror/state';
import {
  Decoration, EditorView, GutterMarker, gutter, lineNumbers, type DecorationSet,
} from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { useEffect, useRef } from 'preact/hooks';
import type { Step } from '../api';

const highlight = HighlightStyle.define([
  { tag: [tags.keyword, tags.controlKeyword, tags.definitionKeyword, tags.modifier], color: 'var(--code-keyword)' },
  { tag: [tags.string, tags.character, tags.special(tags.string)], color: 'var(--code-string)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--code-number)' },
  { tag: [tags.comment, tags.lineComment, tags.blockComment], color: 'var(--code-comment)' },
  { tag: [tags.typeName, tags.className, tags.namespace, tags.standard(tags.typeName)], color: 'var(--code-type)' },
  { tag: [tags.function(tags.variableName), tags.function(tags.definition(tags.variableName))], color: 'var(--code-function)' },
  { tag: [tags.processingInstruction, tags.meta], color: 'var(--code-meta)' },
]);

const looks = EditorView.theme({
  '&': { height: '100%', fontSize: '12.5px', backgroundColor: 'transparent', color: 'var(--text)' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.5', overflow: 'auto' },
  '.cm-gutters': { backgroundColor: 'transparent', color: 'var(--dim)', border: 'none' },
  '.cm-lineNumbers .cm-gutterElement': { padding: '0 4px 0 8px', cursor: 'pointer' },
  '.cm-emits': { width: '14px' },
  '.cm-emits .cm-gutterElement': { cursor: 'pointer', color: 'var(--accent)', textAlign: 'center' },
  '.cm-here': { backgroundColor: 'var(--here)', boxShadow: 'inset 3px 0 0 var(--cursor)' },
  '.cm-step': { backgroundColor: 'var(--step)' },
  '.cm-content': { caretColor: 'transparent' },
  '&.cm-focused': { outline: 'none' },
});

const setMarks = StateEffect.define<DecorationSet>();
const marks = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update: (old, transaction) => {
    for (const effect of transaction.effects) if (effect.is(setMarks)) return effect.value;
    return old.map(transaction.changes);
  },
  provide: (field) => EditorView.decorations.from(field),
});

class Emits extends GutterMarker {
  constructor(readonly count: number) { super(); }
  override eq(other: Emits) { return other.count === this.count; }
  override toDOM() {
    const dot = document.createElement('span');
    dot.textContent = '◆';
    dot.title = `emitted ${this.count} event${this.count === 1 ? '' : 's'}: click for the next`;
    return dot;
  }
}

function lineMarks(state: EditorState, line: number, step: Step | undefined): DecorationSet {
  const builder = new RangeSetBuilder<Decoration>();
  const last = state.doc.lines;
  const from = step ? Math.min(step.line, last) : line;
  const to = step ? Math.min(step.until, last) : line;
  for (let at = Math.max(1, Math.min(from, line || from)); at <= Math.min(last, Math.max(to, line)); ++at) {
    const names = [at === line && 'cm-here', step && at >= from && at <= to && 'cm-step'].filter(Boolean);
    if (names.length) {
      const start = state.doc.line(at).from;
      builder.add(start, start, Decoration.line({ class: names.join(' ') }));
    }
  }
  return builder.finish();
}

// CodeMirror puts its style sheet where it stands: a shadow root takes it as an adopted one,
// which the page's policy allows. `emitted`: how many events each line has; `next` goes on to
// the next event of a line.
export function Editor({ path, line, step, text, emitted, next }: {
  path: string; line: number; step: Step | undefined; text: string; emitted: Map<number, number>; next: (line: number) => void;
}) {
  const host = useRef<HTMLDivElement>(null);
  const editor = useRef<EditorView | null>(null);
  const latestNext = useRef(next);
  latestNext.current = next;

  useEffect(() => {
    const element = host.current as HTMLDivElement;
    const root = element.shadowRoot ?? element.attachShadow({ mode: 'open' });
    const extensions: Extension[] = [
      EditorState.readOnly.of(true), EditorView.editable.of(false),
      EditorView.contentAttributes.of({ tabindex: '0', 'aria-label': path, 'aria-readonly': 'true' }),
      lineNumbers({ domEventHandlers: { click: (view, block) => {
        latestNext.current(view.state.doc.lineAt(block.from).number);
        return true;
      } } }),
      gutter({
        class: 'cm-emits',
        lineMarker: (view, block) => {
          const count = emitted.get(view.state.doc.lineAt(block.from).number);
          return count ? new Emits(count) : null;
        },
        domEventHandlers: { click: (view, block) => {
          latestNext.current(view.state.doc.lineAt(block.from).number);
          return true;
        } },
      }),
      syntaxHighlighting(highlight), looks, marks,
      /\.[ch]pp$/.test(path) ? cpp() : /\.mjs$/.test(path) ? javascript() : [],
    ];
    editor.current?.destroy();
    editor.current = new EditorView({ root, parent: root, doc: text, extensions });
    goTo(editor.current, line, step);
  }, [path, text, emitted.size]);

  useEffect(() => {
    if (editor.current) goTo(editor.current, line, step);
  }, [path, line, step]);
  useEffect(() => () => editor.current?.destroy(), []);
  return <div class="editor" ref={host} />;
}

function goTo(view: EditorView, line: number, step: Step | undefined): void {
  const at = Math.min(Math.max(line, 1), view.state.doc.lines);
  view.dispatch({
    effects: [
      setMarks.of(lineMarks(view.state, line, step)),
      EditorView.scrollIntoView(view.state.doc.line(at).from, { y: step ? 'start' : 'center', yMargin: 24 }),
    ],
  });
}
