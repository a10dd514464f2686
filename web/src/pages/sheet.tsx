// sheet.tsx: a question on one printed page: what one says, the picture, what makes it a senior
// answer, and the code for the whiteboard. Nothing is cut: type gets smaller until all fits.
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { marked } from 'marked';
import { catalog, eventsOf, labFacts, source, type LabFacts } from '../api';
import { codeLines, type CodeLine } from '../lab/code_lines';
import { piecesOf } from '../lab/page';
import { Picture } from '../pictures/picture';
import { casesAsScenes } from '../pictures/sequence';
import { actorsIn, bestScenes, restOf, type Scene } from '../pictures/scenes';
import { route } from '../state';
import { Trace } from '../trace/trace';
import './sheet.css';

interface Content {
  facts: LabFacts;
  trace: Trace | null; // null: no run of it was recorded
  code: CodeLine[]; // empty: there is no code for a whiteboard yet
  before: string | null; // the numbers of the questions before and after it
  after: string | null;
}

async function contentOf(lab: string): Promise<Content> {
  const [facts, labs] = await Promise.all([labFacts(lab), catalog()]);
  const at = labs.findIndex(({ number }) => number === lab);
  const card = labs[at] ?? facts.lab;
  const wanted = 'whiteboard.mjs';
  const [events, code] = await Promise.all([
    facts.lab.written ? eventsOf(card).catch(() => []) : [],
    facts.files.includes(wanted) ? source(`labs/${facts.lab.folder}/${wanted}`) : '',
  ]);
  const trace = new Trace();
  trace.addAll(events);
  return {
    facts, trace: events.length ? trace : null, code: codeLines(code),
    before: labs[at - 1]?.number ?? null, after: labs[at + 1]?.number ?? null,
  };
}

// For who prints without a dialog (./lab sheet --pdf --paper letter): elsewhere one chooses there.
function choosePaper(): void {
  const paper = route.value.query.get('paper');
  const sheet = new CSSStyleSheet();
  if (paper === 'a4' || paper === 'letter') sheet.replaceSync(`@page { size: ${paper}; }`);
  document.adoptedStyleSheets = [sheet];
}

export function SheetPage({ lab }: { lab: string }) {
  const [content, setContent] = useState<Content | null>(null);
  const [error, setError] = useState('');
  useEffect(() => {
    choosePaper();
    contentOf(lab).then((found) => {
      setContent(found);
      // A browser offers the title as the name of the PDF.
      document.title = `${found.facts.lab.number} ${found.facts.lab.question} · Underloop`;
    }, (reason: Error) => setError(reason.message));
  }, [lab]);
  if (error) return <main class="message"><p class="fails">{error}</p><a href="#/">All labs</a></main>;
  if (!content) return <main class="message"><p class="dim">Sheet {lab} …</p></main>;
  return (
    <main class="desk">
      <nav class="desk-tools" aria-label="Sheet">
        <a href={`#/lab/${lab}`}>‹ Lab {lab}</a>
        <span class="room">{content.facts.lab.written && !content.trace && 'Without a picture: no run of this lab was recorded yet.'}</span>
        {content.before && <a href={`#/sheet/${content.before}`}>Sheet {content.before}</a>}
        {content.after && <a href={`#/sheet/${content.after}`}>Sheet {content.after}</a>}
        <button class="primary" onClick={() => print()}>Print</button>
      </nav>
      <Paper content={content} />
    </main>
  );
}

const kCodeTypes = [9, 8.5, 8, 7.75, 7.5, 7.25, 7, 6.75, 6.5, 6.25, 6]; // pt
const kTextTypes = [10, 9.5, 9, 8.5, 8];
const kAsides = [58, 50, 66]; // mm

// Each way to lay a sheet out, the most legible first: code is what needs the room.
function* layouts(withCode: boolean): Generator<Record<string, string>> {
  for (const code of withCode ? kCodeTypes : [10]) {
    for (const text of withCode ? kTextTypes : [12, 11, ...kTextTypes]) {
      for (const aside of withCode ? kAsides : [58]) {
        // Beside small code, large text looks out of place.
        if (text < code + 3) yield { '--code-type': `${code}pt`, '--text-type': `${text}pt`, '--aside': `${aside}mm` };
      }
    }
  }
}

// Takes the first layout with which nothing leaves the paper.
function useFittingLayout(content: Content) {
  const paper = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const element = paper.current as HTMLDivElement;
    for (const layout of layouts(content.code.length > 0)) {
      for (const [name, value] of Object.entries(layout)) element.style.setProperty(name, value);
      if (element.scrollHeight <= element.clientHeight && element.scrollWidth <= element.clientWidth) break;
    }
    // Paper that is higher gets more air, not a larger frame around the same picture.
    const still = element.querySelector<HTMLElement>('.still');
    if (still) element.style.setProperty('--still', `${still.getBoundingClientRect().height}px`);
  }, [content]);
  return paper;
}

function Paper({ content }: { content: Content }) {
  const paper = useFittingLayout(content);
  const { facts, trace, code } = content;
  const { number, question, section, common, hard, written } = facts.lab;
  const pieces = piecesOf(facts.readme);
  const scenes = trace ? bestScenes(trace) : [];
  return (
    <article class="paper">
      <div class={`printed${code.length ? '' : ' without-code'}`} ref={paper}>
        <header>
          <span class="paper-number">{number}</span>
          <h1>{question}</h1>
          <p>{section}<br />asked: {common} · {hard}</p>
        </header>
        <Text class="spoken" text={pieces.spoken} />
        {trace && scenes.length > 0 && <Still trace={trace} scenes={scenes} />}
        <div class="below">
          {code.length > 0 && <Whiteboard code={code} />}
          <div class="points">
            <h2>What makes it senior</h2>
            <ol>
              {pieces.senior.slice(0, 3).map(({ lead, why }) => <li key={lead}><Text class="lead" text={lead} /><Text text={why} /></li>)}
            </ol>
            {pieces.wrong && (
              <>
                <h2>The usual wrong answer</h2>
                <Text class="wrong" text={`“${pieces.wrong}”`} />
                <Text text={pieces.instead} />
              </>
            )}
          </div>
        </div>
        <footer>
          <span>Underloop {number}</span>
          {written ? <span>See it and prove it: <code>./lab run {Number(number)}</code></span>
            : <span>Not yet proven: the lab of this question is still to come.</span>}
        </footer>
      </div>
    </article>
  );
}

// With its code marked. A line may end before a flag, not within its "--".
const inline = (text: string) =>
  ({ __html: marked.parseInline(text, { async: false }).replace(/(?<=<code>[^<]*)--[a-z-]+/g, '<span class="flag">$&</span>') });

// A sentence or a few of a page.
function Text({ text, class: kind }: { text: string; class?: string }) {
  return text ? <p class={kind} dangerouslySetInnerHTML={inline(text)} /> : null;
}

const kNone: ReadonlySet<number> = new Set();

// How large the paper is that the picture is drawn on; it is made smaller with all that is on it.
const kScales = [0.8, 0.7, 0.6, 0.5];

// Where much stands side by side, it needs larger paper than what stands in lines.
function largestScale(trace: Trace, scene: Scene): number {
  const { kind } = scene.picture;
  if (kind === 'ring') return 0.65;
  return kind === 'nodes' && actorsIn(trace, scene).size >= 5 ? 0.7 : 1;
}

// The first picture that fits as a whole, as it is when all has happened, with what its scene
// says that it means. One that would lose its upper rows is none for paper.
function Still({ trace, scenes }: { trace: Trace; scenes: Scene[] }) {
  const [tried, setTried] = useState(0);
  const place = useRef<HTMLDivElement>(null);
  const tries = useMemo(() => {
    const parts = casesAsScenes(trace, scenes);
    return kScales.flatMap((scale, i) => [...scenes, ...(i ? parts : [])].map((scene) => ({ scale: Math.min(scale, largestScale(trace, scene)), scene })));
  }, [trace]);
  const { scale, scene } = tries[Math.min(tried, tries.length - 1)] as { scale: number; scene: Scene };
  const [state, setState] = useState<'drawing' | 'whole' | 'cut'>('drawing');
  useEffect(() => {
    // A picture measures its paper first, and is drawn after that.
    const timer = setInterval(() => {
      const paper = place.current?.querySelector('.picture-paper');
      if (!paper?.querySelector('svg, .fails')) return;
      clearInterval(timer);
      if (paper.scrollHeight <= paper.clientHeight + 1) setState('whole');
      else if (tried + 1 < tries.length) setTried(tried + 1);
      else setState('cut');
    }, 30);
    return () => clearInterval(timer);
  }, [tried]);
  const takeaway = scene.items.findLast((item) => item.kind === 'takeaway')?.text;
  const size = `${100 / scale}%`;
  return (
    <figure class="still" data-state={state}>
      <div class="still-paper" role="img" aria-label={`${scene.title}, as a recorded run drew it`}>
        <div inert ref={place} style={{ width: size, height: size, transform: `scale(${scale})` }}>
          <Picture key={tried} trace={trace} scene={scene} at={restOf(trace, scene)} live={false} lit={kNone} choose={() => undefined} />
        </div>
      </div>
      <figcaption><b>{scene.title}.</b> {takeaway?.replaceAll('`', '')}{state === 'cut' && ' The picture has more rows than fit here.'}</figcaption>
    </figure>
  );
}

// A line that is too long goes on below, further to the right than it began.
function Whiteboard({ code }: { code: CodeLine[] }) {
  return (
    <section class="whiteboard" aria-label="On the whiteboard">
      <pre>
        <code>
          {code.map(({ indent, parts }, index) => (
            <span key={index} class={parts.length ? 'line' : 'line empty'} style={{ '--indent': indent }}>
              {parts.map(({ text, kind }, at) => (kind ? <span key={at} class={kind}>{text}</span> : text))}{'\n'}
            </span>
          ))}
        </code>
      </pre>
    </section>
  );
}
