// why.tsx: the chosen event, and why it ran now: its chain of causes in words.
import { select, selected, type Run } from '../state';
import { groundsOf, proofOf, sentence } from '../trace/words';
import { stepLane } from './transport';
import { describeEvent } from '../timeline/paint';
import { heldTheLoop, Kind, type Trace } from '../trace/trace';
import { lengthText, timeText } from '../trace/time';
import { showSource } from './code';

export function Why({ run }: { run: Run }) {
  void run.drawn.value;
  const { trace } = run;
  const event = selected.value;
  if (event < 0 || event >= trace.length) return null;
  const chain = trace.chain(event);
  const effects = trace.effects(event).slice(0, 6);
  const kind = trace.kind.at(event) as Kind;
  const args = Object.entries(trace.args(event)).filter(([key]) => kind !== Kind.claim || key === 'evidence');
  return (
    <section class="why" aria-label="The chosen event" aria-live="polite">
      <header>
        <b>{describeEvent(trace, event).split(' · ')[0]}</b>
        {trace.laneName(event) && <button onClick={() => stepLane(1)} title="Next event of the same actor (n)">next of {trace.laneName(event)} ›</button>}
        <button class="close" aria-label="Choose nothing" onClick={() => { selected.value = -1; }}>×</button>
      </header>
      <dl>
        <dt>when</dt>
        <dd>{timeText(trace.time.at(event), 0.1)}
          {trace.isSpan(event) && `, for ${lengthText(trace.until.at(event) - trace.time.at(event))}`}</dd>
        {trace.laneName(event) && <><dt>where</dt><dd>{trace.laneName(event)} · {trace.thread(event)}</dd></>}
        {trace.source(event) && (
          <><dt>line</dt><dd><button class="link" onClick={() => showSource(trace.source(event))}>{trace.source(event)}</button></dd></>
        )}
        {args.map(([key, value]) => <><dt key={key}>{key}</dt><dd>{String(value)}</dd></>)}
      </dl>
      <Warning trace={trace} event={event} />
      <h4>Why now?</h4>
      {kind === Kind.claim ? <Proof trace={trace} claim={event} /> : (
        <ol class="chain">
          {chain.length === 1 && <li>{reason(trace, event)}</li>}
          {chain.slice(1).map((cause, i) => {
            const effect = chain[i] as number;
            return (
              <li key={cause}>
                {i === 0 ? 'Because ' : 'and that because '}
                <button class="link" onClick={() => select(cause)}>{sentence(trace, cause)}</button>
                {`, ${lengthText(trace.time.at(effect) - trace.time.at(cause))} before`}
                {trace.source(cause) && <> (<button class="link" onClick={() => showSource(trace.source(cause))}>{shortSource(trace.source(cause))}</button>)</>}.
              </li>
            );
          })}
        </ol>
      )}
      {effects.length > 0 && (
        <>
          <h4>And then?</h4>
          <ul class="chain">
            {effects.map((effect) => (
              <li key={effect}>
                <button class="link" onClick={() => select(effect)}>{sentence(trace, effect)}</button>
                {' '}{lengthText(trace.time.at(effect) - trace.time.at(event))} later
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

const shortSource = (source: string) => source.split('/').slice(2).join('/') || source;

// A claim is made from what its scene recorded: those events are lit in the picture.
function Proof({ trace, claim }: { trace: Trace; claim: number }) {
  const count = proofOf(trace, claim).length;
  const evidence = String(trace.args(claim)['evidence'] ?? '');
  const source = trace.source(claim);
  const measured = (
    <li>The lab measured: {evidence}{source && <> (<button class="link" onClick={() => showSource(source)}>{shortSource(source)}</button>)</>}.</li>
  );
  if (!count) return <ul class="chain">{measured}</ul>;
  return (
    <>
      <p>It rests on {count === 1 ? 'one event' : `${count.toLocaleString('en')} events`} of this scene, lit in the picture:</p>
      <ul class="chain">
        {groundsOf(trace, claim).map(({ text, count, event }) => (
          <li key={event}><button class="link" onClick={() => select(event)}>{text}</button>{count > 1 && trace.kind.at(event) !== Kind.counter && `, ${count.toLocaleString('en')} times`}</li>
        ))}
        {measured}
      </ul>
    </>
  );
}

// Where no cause is named: what was last there.
function reason(trace: Trace, event: number) {
  if (trace.kind.at(event) >= Kind.scene) return 'The lab tells it here, at the line above.';
  const lane = trace.laneName(event);
  const before = lane ? trace.step(event, trace.time.at(event), -1, (other) => trace.laneName(other) === lane) : -1;
  if (before < 0) return `It begins here: nothing on ${lane || 'this thread'} came before it.`;
  return (
    <>
      A chain of causes begins here. Before it,{' '}
      <button class="link" onClick={() => select(before)}>{sentence(trace, before)}</button>
      {`, ${lengthText(trace.time.at(event) - trace.time.at(before))} earlier.`}
    </>
  );
}

// Said only where the trace shows it.
function Warning({ trace, event }: { trace: Trace; event: number }) {
  if (!heldTheLoop(trace).includes(event)) return null;
  const length = trace.until.at(event) - trace.time.at(event);
  return <p class="warning">This callback held the loop for {lengthText(length)}: nothing else of it ran.</p>;
}
