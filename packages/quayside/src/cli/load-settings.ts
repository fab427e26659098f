// Entry of the process that loads the file that declares a service's settings, for production.
import { pathToFileURL } from 'node:url';
import { reportSettings } from '../process/service-settings';

const [, , file = ''] = process.argv;

reportSettings(() => import(pathToFileURL(file).href));
