// knobs.tsx: what can be turned: at once in a live run, else for the next one.
import { signal } from '@preact/signals';
import type { Describe, Knob } from '../api';
import { run, type Knobs as Values } from '../state';
import { valueText } from '../trace/time';

export const wanted = signal<Values>({});

export function startValues(describe: Describe, query: URLSearchParams): Values {
  const values: Values = {};
  for (const knob of describe.knobs) {
    const given = query.get(`knob.${knob.name}`);
    if (given !== null) values[knob.name] = knob.switch ? given === 'true' : knob.choices.length ? given : Number(given);
  }
  return values;
}

const initial = (knob: Knob): number | string | boolean =>
  knob.choices.length ? knob.choices[knob.initial] ?? '' : knob.switch ? knob.initial !== 0 : knob.initial;

export function Knobs({ describe }: { describe: Describe }) {
  const live = run.value?.live && !run.value.ended.value ? run.value : null;
  const turn = (knob: Knob, value: number | string | boolean) => {
    if (live) live.turn(knob.name, value);
    else wanted.value = { ...wanted.value, [knob.name]: value };
  };
  const values = live ? live.knobs.value : wanted.value;
  const turned = Object.keys(values).length > 0;
  return (
    <section class="knobs" aria-label="Knobs">
      {describe.knobs.map((knob) => (
        <KnobRow key={knob.name} knob={knob} value={values[knob.name] ?? initial(knob)}
          turn={(value) => turn(knob, value)} />
      ))}
      {turned && (
        <p class="dim">
          {live ? 'Turned while it runs.' : 'For the next run.'}{' '}
          <button class="link" onClick={() => {
            for (const knob of describe.knobs) if (live && knob.name in values) turn(knob, initial(knob));
            if (!live) wanted.value = {};
          }}>As they were</button>
        </p>
      )}
    </section>
  );
}

// A wide range is turned by factors, a narrow one by steps.
function KnobRow({ knob, value, turn }: {
  knob: Knob; value: number | string | boolean; turn: (value: number | string | boolean) => void;
}) {
  const id = `knob-${knob.name}`;
  const label = <label for={id} title={knob.help}>{knob.name}</label>;
  if (knob.choices.length) {
    return (
      <div class="knob">{label}
        <select id={id} value={String(value)} onChange={(event) => turn(event.currentTarget.value)}>
          {knob.choices.map((choice) => <option key={choice}>{choice}</option>)}
        </select><small>{knob.help}</small>
      </div>
    );
  }
  if (knob.switch) {
    return (
      <div class="knob">{label}
        <input id={id} type="checkbox" role="switch" checked={value === true || value === 'true' || value === '1'}
          onChange={(event) => turn(event.currentTarget.checked)} /><small>{knob.help}</small>
      </div>
    );
  }
  const number = Number(value);
  const byFactor = knob.least > 0 && knob.most / knob.least >= 64;
  const place = byFactor ? Math.log(number / knob.least) / Math.log(knob.most / knob.least)
    : (number - knob.least) / (knob.most - knob.least);
  const from = (place: number) => {
    const raw = byFactor ? knob.least * (knob.most / knob.least) ** place
      : knob.least + place * (knob.most - knob.least);
    return knob.whole ? Math.round(raw) : Number(raw.toPrecision(3));
  };
  return (
    <div class="knob">{label}
      <input id={id} type="range" min="0" max="1" step="0.005" value={place}
        aria-valuetext={valueText(number, knob.unit)}
        onInput={(event) => turn(from(Number(event.currentTarget.value)))} />
      <output for={id}>{valueText(number, knob.unit)}</output><small>{knob.help}</small>
    </div>
  );
}
