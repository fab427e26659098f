// The service's own settings. Each may come as NAME_FILE as well.
import { defineSettings, host, num, port, str } from 'quayside';

export const settings = defineSettings({
  DATABASE_HOST: host({ default: 'localhost' }),
  DATABASE_PORT: port({ default: 5432 }),
  DATABASE_NAME: str({ default: 'service' }),
  DATABASE_USER: str({ default: 'service' }),
  DATABASE_PASSWORD: str(),
  // Seconds that a connection may take, and a statement.
  DATABASE_TIMEOUT: num({ default: 5 }),
});
