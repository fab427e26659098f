// The service's own settings. NAME_FILE reads one from a file instead.
import { defineSettings, host, num, port, str } from 'quayside';

export const settings = defineSettings({
  DATABASE_HOST: host({ default: 'localhost' }),
  DATABASE_PORT: port({ default: 5432 }),
  DATABASE_NAME: str({ default: 'service' }),
  DATABASE_USER: str({ default: 'service' }),
  DATABASE_PASSWORD: str(),
  // How long connecting and each statement may take, in seconds.
  DATABASE_TIMEOUT: num({ default: 5 }),
});
