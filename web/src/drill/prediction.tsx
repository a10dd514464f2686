// prediction.tsx: what a person can say before the run: an order by dragging, a number by
// typing, one of some answers.
import { useRef, useState } from 'preact/hooks';
import type { DrillItem } from '../api';
import { kNotKnown, moved, orderText } from './session';

export interface PredictionProps {
  item: DrillItem;
  locked: boolean; // it was said
  predict: (text: string) => void;
}

export function Prediction({ item, locked, predict }: PredictionProps) {
  const [order, setOrder] = useState(item.shown ?? []);
  const [choice, setChoice] = useState('');
  const said = item.predict === 'order' ? orderText(order) : choice.trim();
  const choices = item.predict === 'outcome' ? ['yes', 'no'] : item.shown ?? [];
  return (
    <form class="prediction" onSubmit={(event) => {
      event.preventDefault();
      if (said && !locked) predict(said);
    }}>
      {item.predict === 'order' && <Order items={order} locked={locked} change={setOrder} />}
      {item.predict === 'number' && (
        <label class="number-answer">Your number
          <input type="text" inputMode="decimal" autocomplete="off" value={choice} disabled={locked}
            onInput={(event) => setChoice(event.currentTarget.value)} />
          <small>{item.form}</small>
        </label>
      )}
      {(item.predict === 'choice' || item.predict === 'outcome') && (
        <fieldset disabled={locked}>
          <legend>Which?</legend>
          {choices.map((one) => (
            <label key={one} class={choice === one ? 'picked' : ''}>
              <input type="radio" name={item.id} value={one} checked={choice === one} onChange={() => setChoice(one)} />
              {' '}{one}
            </label>
          ))}
        </fieldset>
      )}
      {!locked && (
        <div class="say">
          <button class="primary" type="submit" disabled={!said}>Predict, and run it</button>
          <button type="button" onClick={() => predict(kNotKnown)}>I do not know: run it</button>
        </div>
      )}
    </form>
  );
}

// By pointer: drag a row. By keyboard: its two arrows.
function Order({ items, locked, change }: {
  items: string[]; locked: boolean; change: (items: string[]) => void;
}) {
  const list = useRef<HTMLOListElement>(null);
  const [dragged, setDragged] = useState<string | null>(null);
  const [told, setTold] = useState('');
  const move = (from: number, to: number) => {
    if (locked || to < 0 || to >= items.length || from === to) return;
    setTold(`${items[from] ?? ''}: now ${to + 1} of ${items.length}`);
    change(moved(items, from, to));
  };
  const placeAt = (y: number) => {
    const rows = [...(list.current?.children ?? [])];
    const found = rows.findIndex((row) => {
      const { top, bottom } = row.getBoundingClientRect();
      return y < bottom && y >= top;
    });
    const last = rows[rows.length - 1]?.getBoundingClientRect();
    return found >= 0 ? found : last && y >= last.bottom ? rows.length - 1 : 0;
  };
  return (
    <>
      <p class="dim" id="how-to-order">First at the top. Drag, or use the arrows.</p>
      <ol class="order" ref={list} aria-describedby="how-to-order">
        {items.map((name, i) => (
          <li key={name} class={dragged === name ? 'dragged' : ''}
            onPointerDown={(event) => {
              if (locked || event.button !== 0 || (event.target as Element).closest('button')) return;
              (event.currentTarget as Element).setPointerCapture(event.pointerId);
              setDragged(name);
            }}
            onPointerMove={(event) => { if (dragged) move(items.indexOf(dragged), placeAt(event.clientY)); }}
            onPointerUp={() => setDragged(null)} onPointerCancel={() => setDragged(null)}>
            <span class="grip" aria-hidden="true">⠿</span>
            <code>{name}</code>
            {!locked && (
              <span class="arrows">
                <button type="button" aria-label={`${name}: earlier`} disabled={i === 0} onClick={() => move(i, i - 1)}>↑</button>
                <button type="button" aria-label={`${name}: later`} disabled={i === items.length - 1} onClick={() => move(i, i + 1)}>↓</button>
              </span>
            )}
          </li>
        ))}
      </ol>
      <p class="unseen" role="status">{told}</p>
    </>
  );
}

const kGrades = ['no idea', 'no, but it rang a bell', 'no, and yet it was near', 'with effort', 'well', 'at once'];

export function Grades({ grade }: { grade: (grade: number) => void }) {
  return (
    <div class="grades" role="group" aria-label="Did you know it?">
      <p>Did you know it?</p>
      {kGrades.map((told, i) => (
        <button key={told} onClick={() => grade(i)}><kbd>{i}</kbd> {told}</button>
      ))}
    </div>
  );
}
