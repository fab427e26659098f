// Entry of the process that checks types, beside the workers, so that no reload waits for it.
import ts from 'typescript';
import { configOrExit } from '../settings/config';
import { createLog } from '../process/log';

const config = configOrExit();
const log = createLog(config);
const format: ts.FormatDiagnosticsHost = {
  getCanonicalFileName: (name) => name,
  getCurrentDirectory: () => process.cwd(),
  getNewLine: () => '\n',
};
const formatted = process.stdout.isTTY ? ts.formatDiagnosticsWithColorAndContext : ts.formatDiagnostics;

let found: ts.Diagnostic[] = [];
let hadErrors = false;

const host = ts.createWatchCompilerHost(
  'tsconfig.json',
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
