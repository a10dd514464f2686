// What graphql-js answers to the test's queries, and how npm's dataloader batches: reads
// {queries, ticks} from a file and prints {answers, batches}.
import { readFileSync } from 'node:fs';
import DataLoader from 'dataloader';
import {
  buildSchema, execute, NoFragmentCyclesRule, NoUnusedFragmentsRule, parse,
  specifiedRules, validate, visit,
} from 'graphql';

const { queries, ticks } = JSON.parse(readFileSync(process.argv[2], 'utf8'));

const schema = buildSchema(`
  type Query { node(id: Int = 1): Node  must: Node!  list(first: Int = 2): [Node!]!  holes: [Node] }
  type Node {
    id: Int!  name: String  bad: Int  worse: Int!  nothing: Int  never: Int!
    next: Node  must: Node!  list(first: Int = 2): [Node!]!  holes: [Node]
    twin(a: Int = 1, b: Int = 2): Int!  other: Other
  }
  type Other { id: Int!  name: String }
`);

// As in the test, resolver by resolver.
const fail = (text) => { throw new Error(text); };
const node = (id) => ({ id, name: `node ${id}` });
const list = (id, first) => Array.from({ length: Math.max(first, 0) },
  (_, i) => ((id + i) % 11 === 10 ? null : node((id * 2 + i) % 50)));
const resolvers = {
  Query: {
    node: (_, { id }) => node(id),
    must: () => node(2),
    list: (_, { first }) => list(3, first),
    holes: () => [node(4), null, node(5)],
  },
  Node: {
    bad: ({ id }) => (id % 2 ? fail(`bad ${id}`) : id),
    worse: ({ id }) => (id % 3 ? id : fail(`worse ${id}`)),
    nothing: ({ id }) => (id % 2 ? id : null),
    never: ({ id }) => (id % 4 === 1 ? null : id),
    next: ({ id }) => (id % 5 === 4 ? null : node((id * 2 + 1) % 50)),
    must: ({ id }) => (id % 7 === 3 ? null : node((id + 3) % 50)),
    list: ({ id }, { first }) => list(id, first),
    holes: ({ id }) => [node((id + 1) % 50), null],
    twin: (_, { a, b }) => a * 10 + b,
    other: ({ id }) => (id % 2 ? { id, name: 'other' } : null),
  },
};
for (const [type, fields] of Object.entries(resolvers)) {
  for (const [name, resolve] of Object.entries(fields)) schema.getType(type).getFields()[name].resolve = resolve;
}

// Our lab looks at no fragment that its query does not reach, except for circles.
function reached(document) {
  const fragments = new Map(), names = new Set();
  for (const one of document.definitions) if (one.kind === 'FragmentDefinition') fragments.set(one.name.value, one);
  const follow = (definition) => visit(definition, {
    FragmentSpread({ name: { value } }) {
      if (names.has(value)) return;
      names.add(value);
      if (fragments.has(value)) follow(fragments.get(value));
    },
  });
  for (const one of document.definitions) if (one.kind === 'OperationDefinition') follow(one);
  return { ...document, definitions: document.definitions.filter((one) => one.kind === 'OperationDefinition' || names.has(one.name.value)) };
}

const rules = specifiedRules.filter((rule) => rule !== NoUnusedFragmentsRule);
const options = { hideSuggestions: true, maxErrors: 10_000 };

function answer(text) {
  let document;
  try {
    document = parse(text);
  } catch (error) {
    return { syntax: error.toJSON() };
  }
  const all = validate(schema, document, rules, options);
  const invalid = [...validate(schema, document, [NoFragmentCyclesRule]),
                   ...validate(schema, reached(document), rules, options)];
  if (invalid.length) return { invalid: all.map(({ message }) => message) };
  const result = execute({ schema, document });
  if (!('data' in result)) return { invalid: result.errors.map(({ message }) => message) };
  return { executed: JSON.stringify(result), also: all.map(({ message }) => message) };
}

const batches = [];
const loader = new DataLoader(async (keys) => {
  batches.push(keys);
  return keys;
});
for (const keys of ticks) await Promise.all(keys.map((key) => loader.load(key)));

console.log(JSON.stringify({ answers: queries.map(answer), batches }));
