// The larger service: real modules of a template, with one of its domains multiplied.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Modules by their paths below app/. */
export type Modules = Record<string, string>;

/** The template's domain to multiply, and the resulting ones: each belongs to another, as a tree. */
const VARIED = 'order';
const domains = [
  ...[VARIED, 'invoice', 'shipment', 'payment', 'product', 'supplier', 'contract', 'project'],
  ...['ticket', 'voucher', 'warehouse', 'campaign', 'subscriber', 'refund'],
];
/** The parent of the first one. */
const ROOT = 'customer';

export function readTemplate(): Modules {
  const folder = join(__dirname, 'app');
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'));
  return Object.fromEntries(paths.map((path) => [path, readFileSync(join(folder, path), 'utf8')]));
}

export function generate(template: Modules): Modules {
  const modules = Object.entries(template).flatMap(([path, source]) => {
    if (path === 'identidock.ts') return [[path, inRoot(source)] as const];
    if (!path.startsWith(`${VARIED}s/`)) return [[path, source] as const];
    return domains.map((_, index) => [inDomain(path, index), inDomain(source, index)] as const);
  });
  return Object.fromEntries(modules);
}

/** Repeats each line that names the domain. */
function inRoot(source: string): string {
  const lines = source.split('\n');
  const repeated = (line: string) => domains.map((_, index) => inDomain(line, index));
  return lines.flatMap((line) => (line.includes(VARIED) ? repeated(line) : [line])).join('\n');
}

/** Renames the domain and its parent. */
function inDomain(source: string, index: number): string {
  const [own = VARIED, parent = ROOT] = [domains[index], domains[Math.floor((index - 1) / 2)]];
  return source.replaceAll(new RegExp(`${VARIED}|${ROOT}`, 'gi'), (word) => {
    const name = word.toLowerCase() === VARIED ? own : parent;
    return word.startsWith(word.charAt(0).toLowerCase()) ? name : name.charAt(0).toUpperCase() + name.slice(1);
  });
}
