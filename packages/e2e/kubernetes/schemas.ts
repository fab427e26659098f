// Kubernetes objects held against their schemas, with no cluster at hand.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import ts from 'typescript';
import type { Tools } from './tools';

/** An object as a manifest has it. */
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Record<string, string> };
  [field: string]: unknown;
}

/**
 * Holds objects against the schemas of Kubernetes and of the Prometheus Operator.
 * @returns what is wrong, each beginning with the object's kind and name: what is missing, of a wrong type or format, and
 *   fields that there are not
 */
export function problemsOf(objects: Manifest[], { dir }: Tools): string[] {
  const input = JSON.stringify(objects);
  const output = execFileSync(process.execPath, ['validate.mjs'], { cwd: dir, input, encoding: 'utf8' });
  const invalid = JSON.parse(output) as string[][];
  const unknown = typeErrors(objects, dir);
  return objects.flatMap(({ kind, metadata }, n) =>
    [...(invalid[n] ?? []), ...(unknown[n] ?? [])].map((problem) => `${kind} ${metadata.name}: ${problem}`),
  );
}

/**
 * What the schemas let pass is a field that they do not have, as a misspelled one. The compiler does not: an object literal
 * may hold only fields of its type.
 * @returns its messages, a list for each object
 */
function typeErrors(objects: Manifest[], dir: string): string[][] {
  const file = join(dir, 'objects.ts');
  const lines = objects.map((object, n) => {
    const { apiVersion, kind } = object;
    const owner = apiVersion.startsWith('monitoring.coreos.com/')
      ? '@kubernetes-models/prometheus-operator'
      : 'kubernetes-models';
    const type = `import('${owner}/${apiVersion}/${kind}').I${kind}`;
    return `export const object${String(n)}: ${type} = ${JSON.stringify(object)};`;
  });
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    target: ts.ScriptTarget.ES2022,
    types: [],
  };
  const standard = ts.createCompilerHost(options);
  const host: ts.CompilerHost = {
    ...standard,
    getSourceFile: (name, target, ...rest) =>
      name === file
        ? ts.createSourceFile(name, lines.join('\n'), target)
        : standard.getSourceFile(name, target, ...rest),
  };
  const found = ts.getPreEmitDiagnostics(ts.createProgram([file], options, host));
  return lines.map((_, line) =>
    found
      .filter(({ file, start = 0 }) => file?.getLineAndCharacterOfPosition(start).line === line)
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n')),
  );
}
