// downloads.tsx: what a person takes along: the trace, the ledger, the picture.
import { recorded, recordedText, runs, source, type LabFacts } from '../api';
import { offline, offlinePage } from '../offline';
import type { Run } from '../state';

function save(name: string, type: string, content: string | Blob): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

// The form that Perfetto and chrome://tracing open.
async function saveTrace(run: Run, name: string): Promise<void> {
  const events = await recorded(run.id);
  save(`${name}.json`, 'application/json', `[\n${events.map((event) => JSON.stringify(event)).join(',\n')}\n]\n`);
}

const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

export function ledgerText(run: Run, facts: LabFacts): string {
  const lines = [
    `# ${facts.lab.number}. ${facts.lab.question}`, '',
    '| id | claim | holds | evidence |', '| --- | --- | --- | --- |',
  ];
  for (const item of run.trace.story) {
    if (item.kind === 'claim') {
      lines.push(`| ${item.id} | ${cell(item.text)} | ${item.holds ? 'yes' : '**no**'} | ${cell(item.evidence ?? '')} |`);
    }
  }
  const nuances = run.trace.story.filter((item) => item.kind === 'nuance');
  if (nuances.length) lines.push('', ...nuances.map((item) => `- **${item.id}** ${item.text}`));
  return `${lines.join('\n')}\n`;
}

// The page itself goes into the file, with all that it would ask for.
async function savePage(run: Run, facts: LabFacts, name: string): Promise<void> {
  const text = async (path: string) => (await fetch(path)).text();
  const card = (await runs()).find((one) => one.run === run.id);
  if (!card) return;
  const events = await recordedText(run.id);
  const paths = new Set(facts.files.map((file) => `labs/${facts.lab.folder}/${file}`));
  for (const event of await recorded(run.id)) {
    const of = event.args?.src ?? event.src ?? '';
    if (/^(labs|common)\//.test(of)) paths.add(of.slice(0, of.lastIndexOf(':')));
  }
  const sources = Object.fromEntries(await Promise.all(
    [...paths].map(async (path) => [path, await source(path).catch(() => '')] as const)));
  save(`${name}.html`, 'text/html', offlinePage(
    { facts, card, events, sources }, await text('/whole.js'), await text('/app.css')));
}

function savePicture(name: string): void {
  const canvas = document.querySelector<HTMLCanvasElement>('.timeline canvas');
  canvas?.toBlob((blob) => { if (blob) save(`${name}.png`, 'image/png', blob); });
}

// Open as long as the focus is in it. The list can be focused so that a browser whose buttons
// take no focus from the mouse does not close it under the click.
function closeIfLeft(event: FocusEvent): void {
  const list = event.currentTarget as HTMLDetailsElement;
  if (!list.contains(event.relatedTarget as Node | null)) list.open = false;
}

export function Downloads({ run, facts }: { run: Run; facts: LabFacts }) {
  const name = `underloop-${facts.lab.folder}-${run.id}`;
  return (
    <details class="downloads" onFocusOut={closeIfLeft}>
      <summary>Save</summary>
      <div tabIndex={-1}>
        {!offline && <button onClick={() => void savePage(run, facts, name)}>this run as a page, offline</button>}
        <button onClick={() => void saveTrace(run, name)}>the trace, for Perfetto</button>
        <button onClick={() => save(`${name}.md`, 'text/markdown', ledgerText(run, facts))}>the ledger, Markdown</button>
        <button onClick={() => savePicture(name)}>the timeline, PNG</button>
      </div>
    </details>
  );
}
