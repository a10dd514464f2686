// Writes an application of $2 modules into the folder $1: modules/index.js loads all of them,
// each a file of some 4 KiB, and bundle.js is the same code in one file.
const {mkdirSync, writeFileSync} = require('node:fs');
const [folder, count] = [process.argv[2], Number(process.argv[3])];

const body = (i) => Array.from({length: 24}, (_, n) => `
function step${n}(value) {
  const table = {name: 'module ${i}', step: ${n}, limits: [${n}, ${i}, ${n + i}]};
  return table.limits.reduce((sum, limit) => sum + limit * value, ${n});
}`).join('') + `
module.exports = {run: (value) => [${Array.from({length: 24}, (_, n) => `step${n}`)}].reduce((sum, step) => step(sum) % 1000, value)};
module.exports.run(${i});
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
