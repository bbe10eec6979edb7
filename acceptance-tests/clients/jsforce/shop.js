// The app of ../project as a package, built manually as users of jsforce do.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { pack } = require('./zip.js');

const API = '63.0';
const SOURCE = path.join(__dirname, '..', 'project', 'force-app', 'main', 'default');
const NAMESPACE = 'http://soap.sforce.com/2006/04/metadata';

function manifest(members) {
  const types = Object.entries(members)
    .map(([type, names]) => `<types>${names.map((name) => `<members>${name}</members>`).join('')}<name>${type}</name></types>`)
    .join('');
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Package xmlns="${NAMESPACE}">${types}<version>${API}</version></Package>\n`;
}

/** path in the package → text */
function files() {
  const found = {};
  const members = {};
  for (const folder of fs.readdirSync(SOURCE).sort()) {
    for (const file of fs.readdirSync(path.join(SOURCE, folder)).sort()) {
      const text = fs.readFileSync(path.join(SOURCE, folder, file), 'utf8');
      const type = text.match(/<(\w+) xmlns=/)[1];
      found[`${folder}/${file.replace(/-meta\.xml$/, '')}`] = text;
      (members[type] ??= []).push(file.split('.')[0]);
    }
  }
  return { 'package.xml': manifest(members), ...found };
}

module.exports = {
  API,
  files,
  package: () => pack(files()),
  destruction: (members) => pack({ 'package.xml': manifest({}), 'destructiveChangesPost.xml': manifest(members) }),
};
