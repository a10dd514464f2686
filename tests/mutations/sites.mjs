// Where a C++ file can be broken, and how: one place for each operator, condition, constant,
// statement and jump. No parser: the sources are formatted by clang-format, so that an
// operator of two operands has a blank on each side and a template's brackets have none.
//
// Left out: text (comments, string literals, #include, static_assert), log statements,
// declarations, `return x;`, and what stands outside of functions.

// The text with what must not be changed blanked out; all offsets stay as they are.
function masked(text) {
  const out = Array.from(text);
  const blank = (from, to) => {
    for (let i = from; i < to; ++i) if (out[i] !== '\n') out[i] = ' ';
  };
  const pattern = new RegExp([
    String.raw`\/\/[^\n]*`,                            // a comment
    String.raw`\/\*[\s\S]*?\*\/`,
    String.raw`^[ \t]*#(?:\\\n|[^\n])*`,               // a directive, with its continuations
    String.raw`R"([^(\s]*)\([\s\S]*?\)\1"`,            // string literals
    String.raw`"(?:\\.|[^"\\\n])*"`,
    String.raw`'(?:\\.|[^'\\\n])'`, String.raw`'\\[^'\n]*'`,
    String.raw`\bstatic_assert\b[\s\S]*?;`,
    String.raw`\boperator *(?:[-+*/<>=!&|^%]+|\(\)|\[\])`,
  ].join('|'), 'gm');
  for (const match of text.matchAll(pattern)) {
    // A string keeps its quotes: `f("a" + b)` is still an operator between two operands.
    const quoted = /^R?["']/.test(match[0]) ? 1 : 0;
    blank(match.index + quoted, match.index + match[0].length - quoted);
  }
  return out.join('');
}

// The offset behind the bracket that closes the one at `open`.
function behind(code, open) {
  const closing = { '(': ')', '{': '}', '[': ']' }[code[open]];
  let depth = 0;
  for (let i = open; i < code.length; ++i) {
    if (code[i] === code[open]) ++depth;
    if (code[i] === closing && --depth === 0) return i + 1;
  }
  return code.length;
}

const kOperators = {
  '<': ['<=', '>='], '<=': ['<', '>'], '>': ['>=', '<='], '>=': ['>', '<'],
  '==': ['!='], '!=': ['=='], '&&': ['||'], '||': ['&&'],
  '+': ['-'], '-': ['+'], '*': ['/'], '/': ['*'], '+=': ['-='], '-=': ['+='],
};

function operators(code) {
  const sites = [];
  for (const match of code.matchAll(/ (<=|>=|==|!=|&&|\|\||\+=|-=|[-+*/<>])(?=[ \n])/g)) {
    // In `Args&&... args` and `T* p` nothing stands before the operator; `> requires` is none.
    const at = match.index + 1;
    for (const other of kOperators[match[1]]) {
      sites.push({ from: at, to: at + match[1].length, text: other });
    }
  }
  for (const match of code.matchAll(/\+\+|--/g)) {
    sites.push({ from: match.index, to: match.index + 2, text: match[0] === '++' ? '--' : '++' });
  }
  return sites;
}

function conditions(code, text) {
  const sites = [];
  for (const match of code.matchAll(/\b(?:if|while) \(/g)) {
    const open = match.index + match[0].length - 1;
    const close = behind(code, open) - 1;
    const inside = code.slice(open + 1, close);
    const init = inside.lastIndexOf(';');  // if (int n = f(); n > 0)
    const condition = inside.slice(init + 1);
    if (/[^=!<>]=[^=]/.test(condition)) continue;  // it declares or assigns
    if (/^\s*!(?:[^&|]*)$/.test(condition)) continue;  // below: without its `!`
    const from = open + 1 + (init < 0 ? 0 : init + 2);
    sites.push({ from, to: close, text: `!(${text.slice(from, close)})` });
  }
  for (const match of code.matchAll(/(?<=[( ])!(?=[\w(*])/g)) {
    sites.push({ from: match.index, to: match.index + 1, text: '' });
  }
  return sites;
}

function constants(code) {
  const sites = [];
  for (const match of code.matchAll(/\b(true|false)\b/g)) {
    const other = match[0] === 'true' ? 'false' : 'true';
    sites.push({ from: match.index, to: match.index + match[0].length, text: other });
  }
  // Small whole numbers without a unit: 20ms or 21ms is seldom a difference to anybody. Nor is
  // -1 or -2: it stands for "none".
  for (const match of code.matchAll(/(?<![\w.'-])\d{1,2}(?![\w.'>])/g)) {
    if (Number(match[0]) > 16) continue;
    for (const step of [1, -1]) {
      const other = Number(match[0]) + step;
      if (other < 0) continue;
      sites.push({ from: match.index, to: match.index + match[0].length, text: `${other}` });
    }
  }
  return sites;
}

// What comes before the statement proper: `if (x)`, `else`, `case 3:`, ...
function withoutHead(code, from, to) {
  for (;;) {
    const rest = code.slice(from, to);
    const head = /^\s*(?:else\b|(?:if|while|for|switch)(?: constexpr)? \(|case [^:?]*(?:::[^:?]*)*:(?!:)|default:)/.exec(rest);
    const blanks = /^\s*/.exec(rest)[0].length;
    if (!head) return from + blanks;
    from += head[0].endsWith('(') ? behind(code, from + head[0].length - 1) - from
                                  : head[0].length;
    if (from >= to) return to;
  }
}

const kNoExpression = new RegExp(
  '^(?!(?:delete|throw|co_await|co_yield) )(?:return|co_return|using|typedef|class|struct|enum|template|public|private|protected|' +
  'namespace|auto|const|constexpr|static|thread_local|goto|default|friend|explicit|virtual|' +
  'inline|extern|do|try|catch|static_cast<void>|assert|static_assert|' +
  // a type and a name: a declaration
  String.raw`[\w:]+(?:<[^;=()]*>)?[&*]*\s+[&*]*\w+\s*(?:[=;({\[,]|$))`);
const kLog = /^(?:[\w:]+::)?(?:spdlog|log|logger|warn|perror|cerr|printf)\w*\b/;

// Expression statements in functions; `break`, `continue` and `throw` too. A statement that
// is removed becomes a comment, so that the changed line still says what it was.
function statements(code, text) {
  const sites = [];
  const stack = [];  // of what is open: {kind, start: where the statement around it begins}
  let start = 0;
  const take = (end) => {
    const from = withoutHead(code, start, end);
    const statement = code.slice(from, end).trim();
    if (!/\w/.test(statement) || kNoExpression.test(statement) || kLog.test(statement)) return;
    if (/^(?:delete|throw|co_await|co_yield) /.test(statement) ||
        /^(?:break|continue)$/.test(statement) || /^[\w*(+\-~:]/.test(statement)) {
      const was = text.slice(from, end + 1);
      if (/\/\*|\*\/|\/\//.test(was)) return;
      sites.push({ from, to: end + 1, text: `/* ${was} */;` });
    }
  };
  for (let i = 0; i < code.length; ++i) {
    const c = code[i];
    if (c === '(' || c === '[') {
      stack.push({ kind: c, start });
    } else if (c === '{') {
      const before = code.slice(start, i);
      const type = /\b(?:class|struct|union|enum|namespace)\b[^()]*$/.test(before);
      stack.push({ kind: type ? 'type' : 'block', start });
      start = i + 1;
    } else if (c === ')' || c === ']') {
      start = stack.pop()?.start ?? start;
    } else if (c === '}') {
      const around = stack.pop();
      // A lambda or an initialiser is part of a statement that goes on behind it.
      const next = /\s*(.)/.exec(code.slice(i + 1, i + 200))?.[1] ?? '';
      const goesOn = around?.kind === 'block' && /[;,).(\[?:|&]/.test(next);
      start = goesOn ? around.start : i + 1;
    } else if (c === ';') {
      const top = stack.at(-1);
      if (top?.kind === 'block') take(i);
      if (top?.kind !== '(') start = i + 1;
    }
  }
  return sites;
}

// Each site is one change: the text between `from` and `to` becomes `text`.
export function sites(text) {
  const code = masked(text);
  return [...operators(code), ...conditions(code, text), ...constants(code),
          ...statements(code, text)].sort((a, b) => a.from - b.from);
}

export const broken = (text, { from, to, text: other }) =>
  text.slice(0, from) + other + text.slice(to);

const oneLine = (text) => text.trim().replace(/\s+/g, ' ');

// The lines that a change touches, before and after it, each as one line.
export function lines(text, site) {
  const begin = text.lastIndexOf('\n', site.from - 1) + 1;
  const stop = (of, at) => (of.indexOf('\n', at) < 0 ? of.length : of.indexOf('\n', at));
  const after = broken(text, site);
  return {
    number: text.slice(0, begin).split('\n').length,
    before: oneLine(text.slice(begin, stop(text, site.to))),
    after: oneLine(after.slice(begin, stop(after, site.from + site.text.length))),
  };
}
