// Entry of the process that loads the file that declares a service's settings, for development: as a worker would.
import { reportSettings } from '../process/service-settings';
import { ignoreSignals } from '../process/signals';
import { awaitCompiler } from './compiled';
import { isTypeScript, requireOf } from './peers';

const [, , service = '', file = ''] = process.argv;

ignoreSignals();
reportSettings(() => {
  const requireIt = requireOf(service);
  const compiler = isTypeScript(service) ? awaitCompiler() : undefined;
  for (const module of compiler?.register() ?? []) requireIt(module);
  requireIt(file);
});
