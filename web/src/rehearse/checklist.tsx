// checklist.tsx: what one must say, what makes it senior and the red flag, to be ticked.
import { useState } from 'preact/hooks';
import type { MockTold, Ticked } from './talk';

const kNone: Ticked = { said: [], senior: [], wrong: false };

const toggled = (list: number[], number: number) =>
  list.includes(number) ? list.filter((one) => one !== number) : [...list, number].sort((a, b) => a - b);

export function Checklist({ told, keep, grade }: {
  told: MockTold; keep: (ticked: Ticked) => void; grade: (ticked: Ticked) => void;
}) {
  const [ticked, setTicked] = useState<Ticked>(told.ticked ?? kNone);
  const change = (next: Ticked) => {
    setTicked(next);
    keep(next);
  };
  return (
    <form class="checklist" onSubmit={(event) => {
      event.preventDefault();
      grade(ticked);
    }}>
      <Points legend="Which of these did you say?" points={told.must_say ?? []} ticked={ticked.said}
        toggle={(number) => change({ ...ticked, said: toggled(ticked.said, number) })} />
      <Points legend="Which of these did you add? They make it a senior’s answer." points={told.senior ?? []} ticked={ticked.senior}
        toggle={(number) => change({ ...ticked, senior: toggled(ticked.senior, number) })} />
      {told.wrong_answer && (
        <fieldset class="red-flag">
          <legend>A red flag: did you say this?</legend>
          <label><input type="checkbox" checked={ticked.wrong} onChange={() => change({ ...ticked, wrong: !ticked.wrong })} />
            <span>“{told.wrong_answer}”</span></label>
        </fieldset>
      )}
      <button class="primary" type="submit">Grade this answer</button>
    </form>
  );
}

function Points({ legend, points, ticked, toggle }: {
  legend: string; points: string[]; ticked: number[]; toggle: (number: number) => void;
}) {
  if (!points.length) return null;
  return (
    <fieldset>
      <legend>{legend} <small>{ticked.length} of {points.length}</small></legend>
      {points.map((point, i) => (
        <label key={point}><input type="checkbox" checked={ticked.includes(i + 1)} onChange={() => toggle(i + 1)} />
          <span>{point}</span></label>
      ))}
    </fieldset>
  );
}
