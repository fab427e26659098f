// Entry of the process that checks types, beside the workers, so that no reload waits for it.
import type * as TypeScript from 'typescript';
import { createLog } from '../process/log';
import { configOrExit } from '../settings/config';
import { requireOf } from './peers';
import { tsconfigOf } from './tsconfig';

const [, , file = ''] = process.argv;
const ts = requireOf(file)('typescript') as typeof TypeScript;
const config = configOrExit('development');
const log = createLog(config);
const format: TypeScript.FormatDiagnosticsHost = {
  getCanonicalFileName: (name) => name,
  getCurrentDirectory: () => process.cwd(),
  getNewLine: () => '\n',
};
const formatted = process.stdout.isTTY ? ts.formatDiagnosticsWithColorAndContext : ts.formatDiagnostics;

let found: TypeScript.Diagnostic[] = [];
let hadErrors = false;

const host = ts.createWatchCompilerHost(
  tsconfigOf(file) ?? 'tsconfig.json',
  { noEmit: true },
  ts.sys,
  ts.createSemanticDiagnosticsBuilderProgram,
  (diagnostic) => found.push(diagnostic),
  (_status, _newLine, _options, errors) => {
    // It also tells when it begins.
    if (errors === undefined) return;
    if (errors > 0) log.error(`types: ${String(errors)} wrong\n${formatted(found, format)}`);
    else if (hadErrors) log.info('types: all right again');
    hadErrors = errors > 0;
    found = [];
  },
  config.WATCH_POLL
    ? {
        watchFile: ts.WatchFileKind.FixedPollingInterval,
        watchDirectory: ts.WatchDirectoryKind.FixedPollingInterval,
      }
    : undefined,
);
ts.createWatchProgram(host);

// Without the development server, nobody would ever stop this process.
process.once('disconnect', () => process.exit());
