// code.tsx: the lab's files, and the walk through its steps.
import { signal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import { source, type LabFacts, type Step } from '../api';
import { later } from '../later';
import { ask, route, select, selected, type Run } from '../state';

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

const Editor = later(async () => (await import('./editor')).Editor);

export function Code({ facts, run }: { facts: LabFacts; run: Run | null }) {
  const [error, setError] = useState('');
  const [read, setRead] = useState<{ path: string; text: string } | null>(null);
  const { path, line } = shown.value;
  const folder = `labs/${facts.lab.folder}`;
  const step = facts.steps.find((step) => `${folder}/${step.file}` === path && step.line === line);
  const emitted = run ? run.trace.linesOf(path) : new Map<number, number>();

  const nextFrom = (at: number) => {
    const events = run?.trace.emittedBy(`${path}:${at}`) ?? [];
    const next = events[(events.indexOf(selected.peek()) + 1) % Math.max(1, events.length)];
    if (next !== undefined) select(next);
  };

  useEffect(() => {
    let gone = false;
    setError('');
    if (!path) return;
    textOf(path).then((text) => { if (!gone) setRead({ path, text }); }, (reason: Error) => setError(reason.message));
    return () => { gone = true; };
  }, [path]);

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
      {read && read.path === path ? <Editor key={path} path={path} line={line} step={step} text={read.text} emitted={emitted} next={nextFrom} />
        : <div class="editor" />}
      <Walk steps={facts.steps} folder={folder} />
    </section>
  );
}

// --- the walk

export const walked = signal(-1);

export function walk(steps: Step[], folder: string, to: number): void {
  const step = steps[to];
  if (!step) return;
  walked.value = to;
  if (to === steps.length - 1) ask({ do: 'walked', lab: folder.replace(/^labs\//, '').slice(0, 2) });
  shown.value = { path: `${folder}/${step.file}`, line: step.line };
}

function Walk({ steps, folder }: { steps: Step[]; folder: string }) {
  const asked = route.value.query.has('walk'); // by a link
  useEffect(() => { if (asked) walk(steps, folder, 0); }, [folder, asked]);
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
