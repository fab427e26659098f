// docs/services.md: what it shows compiles as it stands there.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { quayside } from '../../harness/paths';

/** What a reader has already, by the name that a piece of code uses. */
const given = {
  CreateApp: "import type { CreateApp } from 'quayside';",
  Pool: "import { Pool } from 'pg';",
  Service: "import type { Service } from 'quayside';",
  app: 'declare const app: import("express").Express;',
  attach: 'declare const attach: (server: import("node:http").Server) => void;',
  cache: 'declare const cache: { isWarm: boolean };',
  close: 'declare const close: () => void;',
  connection: 'declare const connection: { host: string };',
  createApp: "declare const createApp: import('quayside').CreateApp;",
  drain: 'declare const drain: () => void;',
  express: "import express from 'express';",
  log: "import { log } from 'quayside';",
  metrics: "declare const metrics: import('prom-client').Registry;",
  ready: 'declare const ready: () => boolean;',
};

/** A piece as a module: what is returned is in a function, and what is a part of an object is in one. */
function moduleOf(code: string): string {
  const imports = code.match(/^import .*;$/gm) ?? [];
  const rest = code.replace(/^import .*;$/gm, '');
  const body = /^return /m.test(rest) ? `export function made() {${rest}}` : rest;
  const whole = /^\w+: /.test(body) ? `export const part = {${body}};` : body;
  const file = ts.createSourceFile('piece.ts', `${imports.join('\n')}\n${whole}`, ts.ScriptTarget.ES2023);
  const used = new Set<string>();
  const known = new Set<string>();
  const visit = (node: ts.Node) => {
    const { name } = node as { name?: ts.Node };
    if (name !== undefined && ts.isIdentifier(name) && !ts.isPropertyAccessExpression(node)) {
      if (!ts.isShorthandPropertyAssignment(node) && !ts.isPropertyAssignment(node)) known.add(name.text);
    }
    if (ts.isIdentifier(node)) used.add(node.text);
    ts.forEachChild(node, visit);
  };
  visit(file);
  const prelude = Object.entries(given).filter(([name]) => used.has(name) && !known.has(name));
  return [...prelude.map(([, line]) => line), file.text, 'export {};'].join('\n');
}

const page = readFileSync(join(quayside, 'docs/services.md'), 'utf8');
const pieces = [...page.matchAll(/^## (.*)$|^```ts\n([^]*?)^```$/gm)].reduce<{ title: string; code: string }[]>(
  (all, [, title, code]) => {
    const last = all.at(-1);
    if (title !== undefined) all.push({ title, code: '' });
    else if (code !== undefined) all.push({ title: last?.title ?? 'its beginning', code });
    return all;
  },
  [],
);

test('each piece of code compiles, and is short', () => {
  const codes = pieces.filter(({ code }) => code !== '');
  expect(codes.length).toBeGreaterThan(8);
  const names = codes.map((_, index) => join(__dirname, `guide-${String(index)}.ts`));
  const sources = new Map(codes.map(({ code }, index) => [names[index], moduleOf(code)]));
  const { options } = ts.convertCompilerOptionsFromJson(
    {
      strict: true,
      noEmit: true,
      target: 'es2023',
      module: 'node20',
      esModuleInterop: true,
      skipLibCheck: true,
      types: ['node', 'jest'],
    },
    quayside,
  );
  const host = ts.createCompilerHost(options);
  host.fileExists = (path) => sources.has(path) || ts.sys.fileExists(path);
  host.readFile = (path) => sources.get(path) ?? ts.sys.readFile(path);
  const program = ts.createProgram(names, options, host);
  const problems = names.flatMap((name, index) =>
    ts
      .getPreEmitDiagnostics(program, program.getSourceFile(name))
      .map(({ messageText }) => `${codes[index]?.title ?? ''}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`),
  );
  expect(problems).toEqual([]);
  expect(codes.filter(({ code }) => code.trim().split('\n').length > 15).map(({ title }) => title)).toEqual([]);
});
