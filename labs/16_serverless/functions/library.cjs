// Writes an application of $2 modules into the folder $1: modules/index.js loads all of them,
// each a file of 1.5 KiB, and bundle.js is the same code in one file.
const {mkdirSync, writeFileSync} = require('node:fs');
const [folder, count] = [process.argv[2], Number(process.argv[3])];

const step = (i, n) => `
function step${n}(value) {
  const table = {name: 'module ${i}', step: ${n}, limits: [${n}, ${i}, ${n + i}]};
  return table.limits.reduce((sum, limit) => sum + limit * value, ${n});
}`;
const steps = Array.from({length: 8}, (_, n) => n);
// Only one of its functions runs when it is loaded, as of most libraries.
const body = (i) => `${steps.map((n) => step(i, n)).join('')}
module.exports = {${steps.map((n) => `step${n}`)}, first: step0(${i})};
`;
mkdirSync(`${folder}/modules`, {recursive: true});
let index = '';
let bundle = '';
for (let i = 0; i < count; ++i) {
  writeFileSync(`${folder}/modules/module${i}.js`, body(i));
  index += `require('./module${i}.js');\n`;
  bundle += `(function (module) {${body(i)}})({});\n`;
}
writeFileSync(`${folder}/modules/index.js`, index);
writeFileSync(`${folder}/bundle.js`, bundle);
