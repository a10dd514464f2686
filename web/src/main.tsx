import { render } from 'preact';
import { App } from './app';
import { onKey } from './keys';
import './style.css';

render(<App />, document.getElementById('app') as HTMLElement);
window.addEventListener('keydown', onKey);
