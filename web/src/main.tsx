import { render } from 'preact';
import { App } from './app';
import { onKey } from './keys';
import { recording } from './offline';
import './style.css';

if (recording && !location.hash) {
  location.hash = `#/lab/${recording.facts.lab.number}?run=${recording.card.run}`;
}
render(<App />, document.getElementById('app') as HTMLElement);
window.addEventListener('keydown', onKey);
