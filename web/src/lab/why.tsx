// why.tsx: the chosen event, and why it ran now: its chain of causes in words.
import { select, selected, type Run } from '../state';
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
  const args = Object.entries(trace.args(event));
  return (
    <section class="why" aria-label="The chosen event" aria-live="polite">
      <header>
        <b>{describeEvent(trace, event).split(' · ')[0]}</b>
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
      <ol class="chain">
        {chain.length === 1 && <li>{reason(trace, event)}</li>}
        {chain.slice(1).map((cause, i) => {
          const effect = chain[i] as number;
          return (
            <li key={cause}>
              <button class="link" onClick={() => select(cause)}>{describeEvent(trace, cause)}</button>
              {' '}on {trace.laneName(cause) || trace.thread(cause)}, {lengthText(trace.time.at(effect) - trace.time.at(cause))} before, caused {trace.name(effect)}
            </li>
          );
        })}
      </ol>
      {effects.length > 0 && (
        <>
          <h4>And then?</h4>
          <ul class="chain">
            {effects.map((effect) => (
              <li key={effect}>
                <button class="link" onClick={() => select(effect)}>{describeEvent(trace, effect)}</button>
                {' '}{lengthText(trace.time.at(effect) - trace.time.at(event))} later
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

function reason(trace: Trace, event: number): string {
  const kind = trace.kind.at(event);
  if (kind >= Kind.scene) return 'The lab told it.';
  return 'The run names no cause: it is where a chain begins.';
}

// Said only where the trace shows it.
function Warning({ trace, event }: { trace: Trace; event: number }) {
  if (!heldTheLoop(trace).includes(event)) return null;
  const length = trace.until.at(event) - trace.time.at(event);
  return <p class="warning">This callback held the loop for {lengthText(length)}: nothing else of it ran.</p>;
}
