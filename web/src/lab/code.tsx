// code.tsx: the lab's files, with the lines that emitted something marked; the walk through
// its steps.
import { cpp } from '@codemirror/lang-cpp';
import { javascript } from '@codemirror/lang-javascript';
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { EditorState, RangeSetBuilder, StateEffect, StateField, type Extension } from '@codemirror/state';
import {
  Decoration, EditorView, GutterMarker, gutter, lineNumbers, type DecorationSet,
} from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { signal } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import { source, type LabFacts, type Step } from '../api';
import { select, selected, type Run } from '../state';

export interface Shown {
  path: string; // from the root of the tree
  line: number; // 0: none
}

export const shown = signal<Shown>({ path: '', line: 0 });
const texts = new Map<string, Promise<string>>();

function textOf(path: string): Promise<string> {
  let text = texts.get(path);
  if (!text) {
    text = source(path);
    text.catch(() => texts.delete(path));
    texts.set(path, text);
  }
  return text;
}

export function showSource(of: string): void {
  const colon = of.lastIndexOf(':');
  const path = of.slice(0, colon);
  if (/^(labs|common)\//.test(path)) shown.value = { path, line: Number(of.slice(colon + 1)) };
}

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
// which the page's policy allows.
export function Code({ facts, run }: { facts: LabFacts; run: Run | null }) {
  const host = useRef<HTMLDivElement>(null);
  const editor = useRef<EditorView | null>(null);
  const [error, setError] = useState('');
  const { path, line } = shown.value;
  const folder = `labs/${facts.lab.folder}`;
  const step = facts.steps.find((step) => `${folder}/${step.file}` === path && step.line === line);
  const emitted = run ? run.trace.linesOf(path) : new Map<number, number>();

  const nextFrom = (at: number) => {
    const events = run?.trace.emittedBy(`${path}:${at}`) ?? [];
    const next = events[(events.indexOf(selected.peek()) + 1) % Math.max(1, events.length)];
    if (next !== undefined) select(next);
  };
  const latestNext = useRef(nextFrom);
  latestNext.current = nextFrom;

  useEffect(() => {
    const element = host.current as HTMLDivElement;
    const root = element.shadowRoot ?? element.attachShadow({ mode: 'open' });
    let gone = false;
    setError('');
    if (!path) return;
    textOf(path).then((text) => {
      if (gone) return;
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
    }, (reason: Error) => setError(reason.message));
    return () => { gone = true; };
  }, [path, run?.id, emitted.size]);

  useEffect(() => {
    if (editor.current) goTo(editor.current, line, step);
  }, [path, line, step]);
  useEffect(() => () => editor.current?.destroy(), []);

  return (
    <section class="code" aria-label="Code">
      <nav class="files" aria-label="Files">
        {facts.files.map((file) => {
          const full = `${folder}/${file}`;
          return (
            <button key={file} aria-current={full === path} onClick={() => { shown.value = { path: full, line: 0 }; }}>
              {file}
            </button>
          );
        })}
        {path && !path.startsWith(`${folder}/`) && <button aria-current={true}>{path}</button>}
      </nav>
      {error && <p class="fails">{error}</p>}
      <div class="editor" ref={host} />
      <Walk steps={facts.steps} folder={folder} />
    </section>
  );
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

// --- the walk

export const walked = signal(-1);

export function walk(steps: Step[], folder: string, to: number): void {
  const step = steps[to];
  if (!step) return;
  walked.value = to;
  shown.value = { path: `${folder}/${step.file}`, line: step.line };
}

function Walk({ steps, folder }: { steps: Step[]; folder: string }) {
  if (!steps.length) return null;
  const at = walked.value;
  const step = steps[at];
  return (
    <footer class="walk">
      <button disabled={at <= 0} onClick={() => walk(steps, folder, at - 1)} title="Step back ([)">‹ Back</button>
      <button disabled={at >= steps.length - 1} onClick={() => walk(steps, folder, at + 1)} title="Next step (])">
        {at < 0 ? 'Walk through the code' : 'Next ›'}
      </button>
      {step && <p><b>Step {step.number} of {steps.length}</b> {step.text}</p>}
    </footer>
  );
}
