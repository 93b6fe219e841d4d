// Copies assets under names that hold their content's digest, and writes the table of names.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, extname, join } from 'node:path';

const [from, to] = process.argv.slice(2);
const smaller = { '.css': text => text.replace(/\/\*.*?\*\//gs, '').replace(/\s+/g, ' ').trim() };

mkdirSync(to, { recursive: true });
const names = {};
for (const name of readdirSync(from).sort()) {
  const extension = extname(name);
  const text = (smaller[extension] ?? (text => text))(readFileSync(join(from, name), 'utf8'));
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 10);
  names[name] = `${basename(name, extension)}.${digest}${extension}`;
  writeFileSync(join(to, names[name]), text);
}
writeFileSync(join(to, 'assets.json'), JSON.stringify(names, null, 2) + '\n');
