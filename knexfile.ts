import { loadConfig } from './config.ts';
import { databaseConfig } from './db/connect.ts';

export default databaseConfig(loadConfig('database', process.env).DATABASE_URL);
