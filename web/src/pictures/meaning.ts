// meaning.ts: what a state means, in every lab alike. Four meanings have a colour; a slot or
// a thread that does nothing has none of them and is drawn as an outline.

export type Meaning = 'good' | 'waiting' | 'bad' | 'gone' | 'none';

export const kMeanings: [Meaning, string][] = [
  ['good', 'works'], ['waiting', 'waits'], ['bad', 'fails'], ['gone', 'gone'], ['none', 'idle'],
];

const kWords: [RegExp, Meaning][] = [
  [/\b(killed|dead|died|crashed|destroyed|exited|gone|removed|absent|disconnected|ended|left)\b/, 'gone'],
  [/\b(given up|gave up|refused|fail(s|ed|ing)?|error|lost|locked|overload(ed)?|blocked|stuck|leaked|hang(s|ing)?|rejected|unhandled|cut|too slow|refuses|timed out|red|moved|crash(es)?|stops?|missed|sig[a-z]{3,}|exit [1-9]\d*)\b/, 'bad'],
  [/\b(wait(s|ing)?|start(s|ing)?|opening|draining|back-?off|half-open|queued|pending|paused|frozen|retrying|connecting|restarting|later)\b/, 'waiting'],
  [/\b(idle|empty|free|nothing|unused)\b/, 'none'],
];

// What a word alone does not tell: an open breaker refuses calls, an open file is in use.
export function meaningOf(state: string, others: ReadonlySet<string> = new Set()): Meaning {
  const name = state.toLowerCase();
  if (name === 'open' || name === 'closed') {
    const breaker = others.has('open') && others.has('closed');
    if (breaker) return name === 'open' ? 'bad' : 'good';
    return name === 'open' ? 'good' : 'gone';
  }
  return kWords.find(([words]) => words.test(name))?.[1] ?? 'good';
}
