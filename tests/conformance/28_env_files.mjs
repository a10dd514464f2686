// What dotenv and Node make of .env files: reads a JSON list of texts from a file
// and prints for each {dotenv, node}, two objects of names and values.
import dotenv from 'dotenv';
import {readFileSync} from 'node:fs';
import {parseEnv} from 'node:util';

const texts = JSON.parse(readFileSync(process.argv[2], 'utf8'));
console.log(JSON.stringify(texts.map((text) => ({dotenv: dotenv.parse(text), node: {...parseEnv(text)}}))));
